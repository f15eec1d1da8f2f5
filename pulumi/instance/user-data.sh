#!/bin/bash
# Installs the API on a new Amazon Linux 2023 instance (arm64). Runs once, as root; logs to
# /var/log/cloud-init-output.log.
set -euo pipefail

# IAM is eventually consistent: a new role takes some seconds to become effective.
retry() {
  for _ in 1 2 3 4 5; do
    "$@" && return
    sleep 10
  done
  "$@"
}

useradd --system --user-group --no-create-home --shell /sbin/nologin portrait
install -d -m 755 '{{home}}'
install -d -m 750 /var/log/portrait

# Verify the release against the hash of the deployment; otherwise nothing starts.
release=$(mktemp)
retry aws s3 cp --region '{{region}}' --only-show-errors '{{releaseUrl}}' "$release"
printf '%s  %s\n' '{{releaseHash}}' "$release" | sha256sum --check --quiet
tar -xzf "$release" -C '{{home}}' --no-same-owner
rm "$release"

install -m 644 /dev/null /etc/portrait.env
cat > /etc/portrait.env <<'END_OF_FILE'
{{environment}}
END_OF_FILE

install -m 700 /dev/null /usr/local/sbin/portrait-secrets
cat > /usr/local/sbin/portrait-secrets <<'END_OF_FILE'
{{secrets}}
END_OF_FILE

cat > /etc/systemd/system/portrait.service <<'END_OF_FILE'
{{unit}}
END_OF_FILE

systemctl daemon-reload
systemctl enable --now portrait

# Last, and allowed to fail: an instance also works without its log in CloudWatch.
cat > /etc/logrotate.d/portrait <<'END_OF_FILE'
/var/log/portrait/*.log {
  daily
  maxsize 100M
  rotate 7
  compress
  copytruncate
  missingok
  notifempty
}
END_OF_FILE
cat > /etc/portrait-logs.json <<'END_OF_FILE'
{{logs}}
END_OF_FILE
dnf install --assumeyes --quiet logrotate amazon-cloudwatch-agent &&
  /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl \
    -a fetch-config -m ec2 -s -c file:/etc/portrait-logs.json ||
  echo 'Could not set up CloudWatch logs; see /var/log/portrait.' >&2
