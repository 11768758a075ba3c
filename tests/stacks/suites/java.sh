# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
#
# An application of one's own in Java: a jar of /srv with its properties in /etc, which keeps a file below /var/lib.
# packages: openjdk-17-jdk-headless
units=ledger.service
options='--with /var/lib/ledger'

configure() {
	useradd -r -d /var/lib/ledger -m ledger
	mkdir -p /srv/ledger /etc/ledger
	echo 'title=one' >/etc/ledger/ledger.properties
	cat >/srv/ledger/Ledger.java <<-'END'
	import com.sun.net.httpserver.HttpServer;
	import java.net.InetSocketAddress;
	import java.nio.file.*;
	import java.util.Properties;

	public class Ledger {
	    public static void main(String[] words) throws Exception {
	        Properties settings = new Properties();
	        settings.load(Files.newInputStream(Path.of(words[0])));
	        Path data = Path.of(words[1]);
	        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
	        server.createContext("/", exchange -> {
	            if (exchange.getRequestMethod().equals("POST")) Files.write(data, exchange.getRequestBody().readAllBytes());
	            byte[] answer = (settings.getProperty("title") + " " + (Files.exists(data) ? Files.readString(data) : "")).getBytes();
	            exchange.sendResponseHeaders(200, answer.length);
	            exchange.getResponseBody().write(answer);
	            exchange.close();
	        });
	        server.start();
	    }
	}
	END
	(cd /srv/ledger && javac Ledger.java && jar -c -f ledger.jar -e Ledger ./*.class)
	cat >/etc/systemd/system/ledger.service <<-'END'
	[Service]
	User=ledger
	ExecStart=/usr/bin/java -Xmx64m -jar /srv/ledger/ledger.jar /etc/ledger/ledger.properties /var/lib/ledger/data
	SuccessExitStatus=143
	[Install]
	WantedBy=multi-user.target
	END
	systemctl daemon-reload
}

ask() {
	curl -fsS -d 'ten coins' "http://$1:8080/" | grep -q 'one ten coins'
}

kept() {
	curl -fsS "http://$1:8080/" | grep -q 'ten coins'
}

change() {
	echo 'title=two' >/etc/ledger/ledger.properties
}

changed() {
	curl -fsS "http://$1:8080/" | grep -q 'two'
}
