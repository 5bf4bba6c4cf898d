// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.nextclick.model.graph.GraphWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * ONNX Runtime's native library: whether it works here is a value, and looking never throws. It is
 * loaded by the first question about it.
 *
 * <p>A GPU is tried only where the class path brings the CUDA provider, a device shows and its
 * driver loads: on every other machine nothing of CUDA is touched.
 */
public final class OnnxNative {

  private static final String CUDA_LIBRARY =
      "/ai/onnxruntime/native/linux-x64/libonnxruntime_providers_cuda.so";

  private OnnxNative() {}

  private static final class Library {
    static final Optional<String> FAILURE = load();

    private static Optional<String> load() {
      try {
        disableTelemetry();
        OrtEnvironment.getEnvironment();
        return Optional.empty();
      } catch (RuntimeException | LinkageError e) {
        Throwable root = e;
        while (root.getCause() != null) {
          root = root.getCause();
        }
        return Optional.of("ONNX Runtime does not load: " + root.getMessage());
      }
    }
  }

  /**
   * Since 1.29, ONNX Runtime on Linux and macOS sends usage data to its maker unless this variable
   * is set when it is loaded; and while it gathers them, it dies of a long command line. Java has
   * no call that sets a variable of its own process.
   */
  @SuppressWarnings("restricted") // the launcher allows native access
  private static void disableTelemetry() {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> function = linker.defaultLookup().find("setenv");
    if (function.isEmpty()) {
      return; // Windows: its own settings decide there
    }
    MethodHandle setenv =
        linker.downcallHandle(
            function.get(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      int status =
          (int)
              setenv.invokeExact(
                  arena.allocateFrom("ORT_DISABLE_TELEMETRY"), arena.allocateFrom("1"), 1);
      if (status != 0) {
        throw new IllegalStateException("setenv failed");
      }
    } catch (Throwable e) {
      throw new IllegalStateException("its telemetry cannot be switched off", e);
    }
  }

  private static final class Cuda {
    static final Optional<String> FAILURE = probe();
  }

  /** Why ONNX Runtime does not work here; empty if it does. */
  public static Optional<String> failure() {
    return Library.FAILURE;
  }

  /** Why CUDA is not used; empty if a model was run on a device. */
  public static Optional<String> cudaFailure() {
    return Cuda.FAILURE;
  }

  /**
   * The environment of all sessions.
   *
   * @throws IllegalStateException if ONNX Runtime does not work here
   */
  static OrtEnvironment environment() {
    failure()
        .ifPresent(reason -> {
          throw new IllegalStateException(reason);
        });
    return OrtEnvironment.getEnvironment();
  }

  /** The library's version. */
  public static String version() {
    return environment().getVersion();
  }

  /** Names of the execution providers that this build of the library has. */
  public static Set<String> providers() {
    environment();
    Set<String> names = new TreeSet<>();
    OrtEnvironment.getAvailableProviders().forEach(provider -> names.add(provider.getName()));
    return names;
  }

  /** The driver's own line about its version, if there is one. */
  public static Optional<String> driver() {
    try {
      return Files.readString(Path.of("/proc/driver/nvidia/version")).lines().findFirst();
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  @SuppressWarnings("restricted") // the launcher allows native access
  private static Optional<String> probe() {
    if (OnnxNative.class.getResource(CUDA_LIBRARY) == null) {
      return Optional.of("built without CUDA; ./mvnw -Pgpu package brings it");
    }
    if (!Files.exists(Path.of("/dev/nvidiactl")) && !Files.exists(Path.of("/dev/dxg"))) {
      return Optional.of("no NVIDIA device: neither /dev/nvidiactl nor /dev/dxg exists");
    }
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup("libcuda.so.1", arena);
    } catch (IllegalArgumentException e) {
      return Optional.of("the driver's libcuda.so.1 does not load: " + e.getMessage());
    }
    return failure().or(OnnxNative::runOnce);
  }

  /** The list of providers is no proof, as the library names CUDA without any; a run is. */
  private static Optional<String> runOnce() {
    GraphWriter graph = new GraphWriter();
    String x = graph.input("x", GraphWriter.Element.FLOAT, 1, 1);
    graph.output("y", graph.apply("MatMul", x, x), 1, 1);
    byte[] model = graph.model("probe").toByteArray();
    try (SessionOptions options = new SessionOptions()) {
      options.addCUDA(0);
      try (OrtSession session = environment().createSession(model, options);
          OnnxTensor input = OnnxTensor.createTensor(environment(), new float[][] {{2}});
          OrtSession.Result result = session.run(Map.of("x", input))) {
        float[][] y = (float[][]) result.get(0).getValue();
        return y[0][0] == 4 ? Optional.empty() : Optional.of("CUDA computed 2 * 2 = " + y[0][0]);
      }
    } catch (OrtException | RuntimeException | LinkageError e) {
      return Optional.of("CUDA does not run: " + e.getMessage());
    }
  }
}
