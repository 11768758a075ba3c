# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fixtures of the system tests.

Importing this file moves pytest into a mount and network namespace of its own, with VIRT_SANDBOX_ROOT below a temporary directory. At the end of each test
module everything a container can leave is compared with the beginning; a difference fails the module. Skips are counted and printed; with VIRT_SANDBOX_MUST=1
a skipped test is a failed one, unless it is marked `optional`.

tests/system/run starts several sessions at once: with VIRT_SANDBOX_TEST_QUEUE, a directory, each takes the next module that no other has taken.
"""
import json
import os
import pathlib
import shutil

import pytest

import fakes
import harness

if os.geteuid() != 0:
    pytest.exit('the system tests need root: run them with sudo, or `meson test --suite unit` for the others', returncode=2)
harness.enter_private_world()

QUEUE = os.environ.get('VIRT_SANDBOX_TEST_QUEUE')
# Begin first, so that no session is left with one of them at the end. What is missing here costs minutes, nothing else.
LONGEST = ('test_matrix', 'test_hundred', 'test_start', 'test_races', 'test_hostile_tree', 'test_verbs', 'test_waits', 'test_units')

_skips = []
_setup_errors = []
_ours = {}  # module: whether this session runs it
_before = {}  # module: snapshot
_leaky = []  # modules that left something behind


def pytest_configure(config):
    config.addinivalue_line('markers', 'optional: may be skipped even where VIRT_SANDBOX_MUST=1')


def _count_skip(report, node, optional):
    """Of a test or of a whole module."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    _skips.append((node, reason.removeprefix('Skipped: ')))
    if harness.MUST and not optional:
        report.outcome = 'failed'
        report.longrepr = f'VIRT_SANDBOX_MUST=1, but this was skipped: {reason}'


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.skipped and not hasattr(report, 'wasxfail'):
        _count_skip(report, item.nodeid, item.get_closest_marker('optional') is not None)
    elif report.when == 'setup' and report.failed:
        _setup_errors.append(item.nodeid)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    report = (yield).get_result()
    if report.skipped:
        _count_skip(report, collector.nodeid, False)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.module.__name__) if item.module.__name__ in LONGEST else len(LONGEST))


def _take(module):
    try:
        os.close(os.open(os.path.join(QUEUE, f'{module.__name__}.taken'), os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
        return True
    except FileExistsError:
        return False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    """True is said of a test that is dealt with: here, by another session."""
    if QUEUE and item.module not in _ours:
        _ours[item.module] = _take(item.module)
    return None if _ours.get(item.module, True) else True


def pytest_terminal_summary(terminalreporter):
    if QUEUE:  # told once, of all sessions
        pathlib.Path(QUEUE, f'{os.getpid()}.seen').write_text(json.dumps([_skips, _setup_errors]))
        return
    terminalreporter.write_line(f'{len(_skips)} skipped' + (':' if _skips else ''))
    for node, reason in _skips:
        terminalreporter.write_line(f'  {node}: {reason}')


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if item.module not in _before:
        _before[item.module] = harness.snapshot()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    """Fails a module whose tests left anything behind. A hook, because the order in which a module's fixtures end is not the one they began in."""
    (yield).get_result()
    if nextitem is not None and nextitem.module is item.module:
        return
    before = _before[item.module]
    try:  # killed processes, dying namespaces and the links in them need a moment
        harness.wait_for(lambda: not harness.differences(before, harness.snapshot()), 'clean')
    except AssertionError:
        _leaky.append(item.module)
        pytest.fail('not as it was before:\n' + '\n'.join(harness.differences(before, harness.snapshot())), pytrace=False)


def pytest_sessionfinish(session):
    """tests/system/run gives no second try then: who left it behind need not be the test that it was seen after."""
    if _leaky:
        session.exitstatus = 8


@pytest.fixture(scope='session')
def root():
    """VIRT_SANDBOX_ROOT: where /etc, /var and /run of the product are."""
    return pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'])


@pytest.fixture
def name():
    """A container name that no other test and no other session has."""
    return harness.new_name()


@pytest.fixture
def names():
    """As `name`, but a function: names() gives a new one each time."""
    return harness.new_name


@pytest.fixture
def outside():
    """The world beyond the host, see harness.Outside. Gone after the test."""
    world = harness.Outside()
    yield world
    world.close()
    harness.run('ip link del up0', check=False)  # gone already when the namespace was faster


@pytest.fixture
def namespace():
    """A function that makes network namespaces, all gone after the test."""
    made = []

    def make():
        made.append(harness.Namespace())
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def containers(namespace, names):
    """A function that makes a fake container with these networks (see fakes.py); taken down after the test."""
    made = []

    def make(*networks, keys=()):
        made.append(fakes.Container(names(), namespace(), *networks, keys=keys).up())
        return made[-1]

    yield make
    for one in made:
        one.down()


@pytest.fixture
def servers():
    """Stops the servers that a test appends."""
    running = []
    yield running
    for server in running:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.fixture
def place(root):
    """A directory where an id-mapped mount and an upper layer are possible."""
    path = root / harness.new_name()
    path.mkdir(mode=0o755)
    yield path
    shutil.rmtree(path)
