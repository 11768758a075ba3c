# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is known of products: names of other distributions, the rules command, faults in the administrator's files."""
import json

import pytest

from harness import refused, run

SERVICE = 'virt-sandbox-service'


@pytest.fixture
def own_rules(root):
    """The administrator's directory of rules; empty again after the test."""
    directory = root / 'etc/libvirt-sandbox/rules.d'
    directory.mkdir(parents=True, exist_ok=True)
    yield directory
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def test_name_of_another_distribution(name, root):
    """The seed's "-u httpd.service" and "httpd@NAME.service", on a host that calls it apache2."""
    try:
        said = run([SERVICE, 'create', '-C', '-u', 'httpd.service', name], timeout=120).said
        assert 'httpd.service is called apache2.service on this host' in said
        units = {path.name for path in (root / 'etc/systemd/system').iterdir()}
        assert {f'httpd@{name}.service', f'apache2@{name}.service', f'{name}_sandbox.service'} <= units
        assert 'aliases=httpd.service' in (root / f'etc/libvirt-sandbox/services/{name}.sandbox').read_text()
    finally:
        run([SERVICE, 'delete', name])
    assert not list((root / 'etc/systemd/system').glob(f'*{name}*'))


def test_list_and_check():
    lines = run([SERVICE, 'rules', 'list']).stdout.splitlines()
    assert any(line.startswith('service httpd: ') and 'name=apache2' in line for line in lines)
    assert json.loads(run([SERVICE, 'rules', 'list', '--json']).stdout) == lines
    assert run([SERVICE, 'rules', 'check']).stdout == f'{len(lines)} rules, no errors\n'
    refused([SERVICE, 'rules', 'mend'], 'say check or list')


def test_administrators_file(name, own_rules):
    """Theirs is added; a fault names file, line and key, and nothing is made."""
    (own_rules / '90-site.rules').write_text('[host-program site]\nprogram=apachectl\nreason=it is ours\ninstead=ask us\n')
    assert 'host-program site: program=apachectl' in run([SERVICE, 'rules', 'list']).stdout
    refused([SERVICE, 'create', '-C', '-u', 'apache2', name], 'it is ours; ask us')
    (own_rules / '90-site.rules').write_text('[host-program site]\nprograms=apachectl\n')
    for command in (['rules', 'check'], ['create', '-C', '-u', 'apache2', name]):
        refused([SERVICE, *command], '90-site.rules:2: programs: unknown key of a [host-program] stanza')
