#!/bin/bash
# Fetches the secrets of the API as root before it starts. systemd reads the file as root and passes the values
# only to the API: other processes cannot read them.
set -euo pipefail
umask 077
mkdir -p /run/portrait

fetch() {
  value=$(aws secretsmanager get-secret-value --region '{{region}}' --secret-id "$2" \
    --query SecretString --output text)
  printf '%s="%s"\n' "$1" "$value"
}

{
{{fetches}}
} > /run/portrait/secrets.env.new
mv /run/portrait/secrets.env.new /run/portrait/secrets.env
