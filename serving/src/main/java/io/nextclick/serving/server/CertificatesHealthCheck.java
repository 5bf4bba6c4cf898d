// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import com.codahale.metrics.health.HealthCheck;

/** Whether the certificates are those of the files, and valid for a while. */
public final class CertificatesHealthCheck extends HealthCheck {

  private final TlsCertificates certificates;

  public CertificatesHealthCheck(TlsCertificates certificates) {
    this.certificates = certificates;
  }

  @Override
  protected Result check() {
    String faults = certificates.faults();
    return faults.isEmpty() ? Result.healthy() : Result.unhealthy("%s", faults);
  }
}
