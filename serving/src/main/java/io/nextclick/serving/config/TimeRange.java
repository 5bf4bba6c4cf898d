// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import io.dropwizard.util.Duration;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import jakarta.validation.constraints.NotNull;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;

/** A setting that is a time between two, which are written as the setting is. */
@NotNull
@Constraint(validatedBy = TimeRange.Check.class)
@Target(ElementType.FIELD)
@Retention(RetentionPolicy.RUNTIME)
@interface TimeRange {

  /** The shortest. */
  String min() default "0s";

  /** The longest. */
  String max();

  /** What is said of another. */
  String message() default "must be from {min} to {max}";

  /** As every constraint. */
  Class<?>[] groups() default {};

  /** As every constraint. */
  Class<? extends Payload>[] payload() default {};

  /** Compares. */
  final class Check implements ConstraintValidator<TimeRange, Duration> {

    private long min;
    private long max;

    @Override
    public void initialize(TimeRange range) {
      min = Duration.parse(range.min()).toNanoseconds();
      max = Duration.parse(range.max()).toNanoseconds();
    }

    @Override
    public boolean isValid(@Nullable Duration time, ConstraintValidatorContext context) {
      return time == null || (time.toNanoseconds() >= min && time.toNanoseconds() <= max);
    }
  }
}
