#!/bin/sh
# Writes the first user from the environment, as the official image does, then becomes the command.
set -eu

if [ -n "${RABBITMQ_DEFAULT_USER:-}" ]; then
    {
        echo "default_user = $RABBITMQ_DEFAULT_USER"
        echo "default_pass = $RABBITMQ_DEFAULT_PASS"
    } >/etc/rabbitmq/conf.d/90-first-user.conf
fi
echo 'loopback_users = none' >/etc/rabbitmq/conf.d/91-any-address.conf
exec "$@"
