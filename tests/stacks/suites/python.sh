# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# An application of one's own in Python, in a virtual environment below /opt, run by gunicorn from an administrator's unit; PostgreSQL keeps its data.
# packages: python3-venv python3-flask python3-psycopg2 gunicorn postgresql
units='orders.service postgresql@15-main.service'
# What create itself names: data that only the application's text knows.
options='--with /etc/orders/app.conf'

configure() {
	systemctl start postgresql@15-main
	useradd -r -d /opt/orders orders
	su postgres -c "createuser orders && createdb -O orders orders"
	python3 -m venv --system-site-packages --without-pip /opt/orders/venv
	mkdir -p /etc/orders /var/log/orders
	echo 'title = one' >/etc/orders/app.conf
	chown orders: /var/log/orders
	cat >/opt/orders/app.py <<-'END'
	import configparser
	import flask
	import psycopg2

	app = flask.Flask(__name__)

	def table():
	    db = psycopg2.connect(dbname='orders', host='/var/run/postgresql')
	    db.autocommit = True
	    rows = db.cursor()
	    rows.execute('create table if not exists orders (what text)')
	    return rows

	@app.route('/', methods=['GET', 'POST'])
	def orders():
	    settings = configparser.ConfigParser()
	    settings.read_string('[app]\n' + open('/etc/orders/app.conf').read())
	    rows = table()
	    if flask.request.method == 'POST':
	        rows.execute('insert into orders values (%s)', (flask.request.form['what'],))
	    rows.execute('select what from orders')
	    return settings['app']['title'] + ' ' + ','.join(row[0] for row in rows) + '\n'
	END
	cat >/etc/systemd/system/orders.service <<-'END'
	[Unit]
	Wants=postgresql@15-main.service
	After=postgresql@15-main.service
	[Service]
	Type=notify
	User=orders
	WorkingDirectory=/opt/orders
	ExecStart=/opt/orders/venv/bin/python -m gunicorn --bind 0.0.0.0:8000 --access-logfile /var/log/orders/access.log app:app
	[Install]
	WantedBy=multi-user.target
	END
	systemctl daemon-reload
}

ask() {
	curl -fsS -d what=bread "http://$1:8000/" | grep -q bread
}

kept() {
	curl -fsS "http://$1:8000/" | grep -q bread
}

change() {
	echo 'title = two' >/etc/orders/app.conf
}

changed() {
	curl -fsS "http://$1:8000/" | grep -q two
}
