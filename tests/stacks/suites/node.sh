# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# An application of one's own in JavaScript: node runs a script of /opt that reads /etc and writes below its StateDirectory=; nginx is before it.
# packages: nodejs nginx-light
units='notes.service nginx.service'

configure() {
	useradd -r notes
	mkdir -p /opt/notes/lib /etc/notes
	echo '{"title": "one", "port": 3000}' >/etc/notes/config.json
	echo "exports.title = config => '<h1>' + config.title + '</h1>';" >/opt/notes/lib/view.js
	cat >/opt/notes/server.js <<-'END'
	const fs = require('fs'), http = require('http'), view = require('./lib/view.js');
	const config = JSON.parse(fs.readFileSync('/etc/notes/config.json'));
	const data = process.env.STATE_DIRECTORY + '/notes.txt';
	http.createServer((request, response) => {
	    if (request.method === 'POST') request.pipe(fs.createWriteStream(data)).on('finish', () => response.end('written'));
	    else response.end(view.title(config) + (fs.existsSync(data) ? fs.readFileSync(data) : ''));
	}).listen(config.port, '127.0.0.1');
	END
	cat >/etc/systemd/system/notes.service <<-'END'
	[Service]
	User=notes
	StateDirectory=notes
	ExecStart=/usr/bin/node /opt/notes/server.js
	Restart=on-failure
	[Install]
	WantedBy=multi-user.target
	END
	echo 'server { listen 80; location / { proxy_pass http://127.0.0.1:3000; } access_log /var/log/notes/web.log; }' >/etc/nginx/sites-available/default
	mkdir -p /var/log/notes
	systemctl daemon-reload
}

ask() {
	curl -fsS -d 'buy milk' "http://$1/" | grep -q written
	kept "$1"
}

kept() {
	curl -fsS "http://$1/" | grep -q '<h1>.*buy milk'
}

change() {
	echo '{"title": "two", "port": 3000}' >/etc/notes/config.json
}

changed() {
	curl -fsS "http://$1/" | grep -q '<h1>two'
}
