#!/bin/sh
# Signs Windows programs on Linux: sign.sh FILE...   (on Windows: signtool, see build.cmd)
# SIGN_CERTS  certificate chain (PEM); SIGN_KEY  key (PEM), or SIGN_PKCS11 the module of a token and SIGN_KEY its key's URI
# SIGN_TIME   address of an RFC 3161 time stamp authority; without it the signature ends with the certificate
# SIGN_ROOT   certificates to check against afterwards (PEM); default: SIGN_CERTS
set -eu
: "${SIGN_CERTS:?certificate chain (PEM)}" "${SIGN_KEY:?key (PEM) or PKCS#11 URI}"
[ $# -gt 0 ] || { echo "usage: sign.sh FILE..." >&2; exit 2; }
command -v osslsigncode >/dev/null || { echo "osslsigncode is missing (Debian: osslsigncode)" >&2; exit 2; }
[ -n "${SIGN_TIME:-}" ] || echo "no time stamp: the signature ends when the certificate does" >&2
for file in "$@"; do
  new="$file.signed"
  rm -f "$new"
  osslsigncode sign ${SIGN_PKCS11:+-pkcs11module "$SIGN_PKCS11"} -certs "$SIGN_CERTS" -key "$SIGN_KEY" -h sha256 -n "KTP-el Kiosk" \
    ${SIGN_TIME:+-ts "$SIGN_TIME"} -in "$file" -out "$new" >/dev/null
  osslsigncode verify -CAfile "${SIGN_ROOT:-$SIGN_CERTS}" -in "$new" >/dev/null || { rm -f "$new"; echo "$file: the new signature does not hold" >&2; exit 1; }
  mv "$new" "$file"
  echo "$file: signed"
done
