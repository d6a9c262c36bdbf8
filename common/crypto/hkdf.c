#include "common/crypto/hkdf.h"
#include "common/crypto/openssl.h"

static void free_kdf(EVP_KDF **kdf) { EVP_KDF_free(*kdf); }
static void free_ctx(EVP_KDF_CTX **ctx) { EVP_KDF_CTX_free(*ctx); }

/* OpenSSL's parameters take non-const pointers but only read them; it wants one even for no bytes. */
static OSSL_PARAM octets(const char *name, struct bytes b)
{
    static const uint8_t none[1] = { 0 };
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)(b.n ? b.p : none), b.n);
}

enum err hkdf_sha256(struct bytes secret, struct bytes salt, struct bytes info, uint8_t *out, size_t n)
{
    if (n == 0 || n > HKDF_MAX_BYTES) return ERR_LIMIT;
    EVP_KDF *kdf CLEANUP(free_kdf) = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
    EVP_KDF_CTX *ctx CLEANUP(free_ctx) = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octets(OSSL_KDF_PARAM_KEY, secret),
        octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    return ctx != NULL && EVP_KDF_derive(ctx, out, n, params) == 1 ? OK : ERR_MEMORY;
}
