// For tests: a self-signed certificate for localhost and its key, encrypted if a pass phrase is
// given, as PEM files that go with the object.
#pragma once
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <string>

#include "base/check.h"
#include "support/temp_dir.h"

namespace wf::test {

class Certificate {
 public:
  explicit Certificate(const char* pass_phrase = nullptr) {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* const subject = X509_get_subject_name(certificate);
    const auto* const host = reinterpret_cast<const unsigned char*>("localhost");
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, host, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    WF_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
    std::FILE* file = std::fopen(certificate_file().c_str(), "w");
    WF_CHECK(PEM_write_X509(file, certificate) == 1 && std::fclose(file) == 0);
    file = std::fopen(key_file().c_str(), "w");
    const EVP_CIPHER* const cipher = pass_phrase == nullptr ? nullptr : EVP_aes_256_cbc();
    char* const phrase = const_cast<char*>(pass_phrase);  // read only, as a callback is not given
    WF_CHECK(PEM_write_PrivateKey(file, key, cipher, nullptr, 0, nullptr, phrase) == 1);
    WF_CHECK(std::fclose(file) == 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  std::string certificate_file() const { return (directory_.path() / "certificate.pem").string(); }
  std::string key_file() const { return (directory_.path() / "key.pem").string(); }

 private:
  TempDir directory_;
};

}  // namespace wf::test
