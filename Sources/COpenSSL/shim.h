// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// Swift sees functions, but no macros that call them or compute a value.

static inline int copenssl_set_versions(SSL_CTX *context, int lowest, int highest) {
  return SSL_CTX_set_min_proto_version(context, lowest) &&
         SSL_CTX_set_max_proto_version(context, highest);
}

static inline void copenssl_set_mode(SSL_CTX *context, long mode) {
  SSL_CTX_set_mode(context, mode);
}

static inline void copenssl_set_read_ahead(SSL_CTX *context) {
  SSL_CTX_set_read_ahead(context, 1);
}

static inline void copenssl_set_session_cache_off(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int copenssl_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
  return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

static inline int copenssl_set_server_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline int copenssl_set_application_data(SSL_CTX *context, void *data) {
  return SSL_CTX_set_app_data(context, data);
}

static inline void *copenssl_application_data(const SSL_CTX *context) {
  return SSL_CTX_get_app_data(context);
}

// HMAC with SHA-256, which is what a ticket's authentication takes.
static inline int copenssl_set_mac_key(EVP_MAC_CTX *mac, const void *key, size_t count) {
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, count),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_CTX_set_params(mac, parameters);
}

static inline EVP_PKEY *copenssl_key_of(const char *kind, OSSL_PARAM *parameters) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
  EVP_PKEY *key = NULL;
  if (context != NULL && parameters != NULL && EVP_PKEY_fromdata_init(context) == 1)
    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
  EVP_PKEY_CTX_free(context);
  return key;
}

// A public RSA key of numbers whose most significant byte comes first; NULL if they are none.
static inline EVP_PKEY *copenssl_rsa_key(const unsigned char *modulus, size_t modulus_count,
                                         const unsigned char *exponent, size_t exponent_count) {
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  BIGNUM *n = BN_bin2bn(modulus, (int)modulus_count, NULL);
  BIGNUM *e = BN_bin2bn(exponent, (int)exponent_count, NULL);
  OSSL_PARAM *parameters = NULL;
  if (builder != NULL && n != NULL && e != NULL &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
    parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY *key = copenssl_key_of("RSA", parameters);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  BN_free(n);
  BN_free(e);
  return key;
}

// A public key on P-256 of an uncompressed point; NULL if it is not on the curve.
static inline EVP_PKEY *copenssl_p256_key(const unsigned char *point, size_t count) {
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, count),
      OSSL_PARAM_construct_end(),
  };
  return copenssl_key_of("EC", parameters);
}

static const uint64_t copenssl_server_options =
    SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION;

static const uint64_t copenssl_client_options = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION;
