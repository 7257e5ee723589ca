// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// Names the OpenSSL library this process runs with.
public enum OpenSSLLibrary {
  /// The version of the library loaded at run time, such as `OpenSSL 3.0.17 1 Jul 2025`.
  public static var version: String {
    String(cString: OpenSSL_version(OPENSSL_VERSION))
  }
}
