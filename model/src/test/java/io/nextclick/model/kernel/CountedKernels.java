// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.kernel;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.LongAdder;

/** The scalar kernel, with a count of the layers that a history went through. */
public final class CountedKernels {

  private final KernelSupport scalar = new ScalarKernels();
  private final LongAdder layers = new LongAdder();

  /** Kernels that count. */
  public Kernels kernels() {
    return new Kernels(
        (KernelSupport)
            Proxy.newProxyInstance(
                KernelSupport.class.getClassLoader(),
                new Class<?>[] {KernelSupport.class},
                (proxy, method, arguments) -> count(method, arguments)));
  }

  private Object count(Method method, Object[] arguments) throws Throwable {
    if (method.getName().equals("attendCausal")) {
      layers.increment();
    }
    try {
      return method.invoke(scalar, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** How often a layer attended over a history since the last call. */
  public long historyLayers() {
    return layers.sumThenReset();
  }
}
