# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# A queue: RabbitMQ with a user, its management plug-in, and messages that outlive restarts.
# packages: rabbitmq-server
units=rabbitmq-server.service
options='--hostname host'

configure() {
	systemctl start rabbitmq-server
	rabbitmq-plugins enable rabbitmq_management
	rabbitmqctl add_user shop secret
	rabbitmqctl set_user_tags shop administrator
	rabbitmqctl set_permissions -p / shop '.*' '.*' '.*'
}

api() {
	curl -fsS -u shop:secret -H 'content-type: application/json' "$@"
}

ask() {
	api -X PUT "http://$1:15672/api/queues/%2F/orders" -d '{"durable":true}'
	api "http://$1:15672/api/exchanges/%2F/amq.default/publish" \
		-d '{"properties":{"delivery_mode":2},"routing_key":"orders","payload":"one","payload_encoding":"string"}' | grep -q '"routed":true'
	kept "$1"
}

# The port of the change, too.
kept() {
	for port in 15672 15673; do
		! api "http://$1:$port/api/queues/%2F/orders/get" -d '{"count":1,"ackmode":"ack_requeue_true","encoding":"auto"}' | grep '"payload":"one"' || return 0
	done
	return 1
}

change() {
	echo 'management.listener.port = 15673' >/etc/rabbitmq/rabbitmq.conf
	chown rabbitmq:rabbitmq /etc/rabbitmq/rabbitmq.conf
}

changed() {
	api "http://$1:15673/api/overview" >/dev/null
}
