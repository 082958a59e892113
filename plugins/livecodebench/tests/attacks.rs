//! Programs that attack their grader, run by the real harness: none of them gains anything.

mod support;

use serde_json::{Value, json};

/// A function whose results cannot be guessed.
fn functional() -> Vec<u8> {
    let tests: Vec<(String, String)> = (1..=5).map(|n| (format!("{n}"), format!("{}", n * 7919 % 104_729))).collect();
    support::instance(Some("f"), &tests)
}

/// A script whose outputs cannot be guessed.
fn scripted() -> Vec<u8> {
    let tests: Vec<(String, String)> =
        (1..=5).map(|n| (format!("secret-{n}\n"), format!("{}\n", n * 7919 % 104_729))).collect();
    support::instance(None, &tests)
}

/// The verdicts on `program`, with every test judged.
fn verdicts(instance: &[u8], program: &str) -> Option<Vec<Value>> {
    let python = support::python()?;
    let config = json!({"timeout": 10, "stop_at_first_failure": false});
    let artifacts = support::judge(python, instance, &config, program);
    assert_eq!(artifacts["total_count"], 5);
    artifacts["test_results"].as_array().cloned()
}

/// Asserts that none of the tests passes.
fn gains_nothing(instance: &[u8], program: &str) {
    let Some(verdicts) = verdicts(instance, program) else { return };
    assert_eq!(verdicts.len(), 5, "{verdicts:?}");
    assert!(!verdicts.contains(&json!(true)), "{verdicts:?}\n{program}");
}

#[test]
fn equality_of_its_own_counts_for_nothing() {
    gains_nothing(
        &functional(),
        "class Same(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __repr__(self): return '7919'
    def __index__(self): return 0
    __hash__ = int.__hash__

def f(x):
    return Same(0)",
    );
    gains_nothing(
        &functional(),
        "class Same:
    def __eq__(self, other): return True
    def __getattr__(self, name): return lambda *a, **k: True

def f(x):
    return Same()",
    );
}

#[test]
fn patched_modules_count_for_nothing() {
    gains_nothing(
        &functional(),
        "import builtins, json, operator, sys
for module in (json, json.encoder, json.decoder, operator):
    for name in list(vars(module)):
        if callable(vars(module)[name]) and not name.startswith('__'):
            setattr(module, name, lambda *a, **k: True)
builtins.isinstance = lambda *a: True
builtins.all = lambda *a: True
for module in list(sys.modules.values()):
    for name in ('to_text', 'encode', 'call', 'reply', 'write_all'):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: 'true')

def f(x):
    return True",
    );
    gains_nothing(
        &scripted(),
        "import sys, builtins
sys.exit = lambda *a: None
builtins.print = lambda *a, **k: None
sys.modules.clear()
sys.stdout = None",
    );
}

/// Looks for numbers and texts that only a grader has, wherever another process keeps things.
const SNOOP: &str = "
import glob, os, re

def snoop():
    found = b''
    for pid in [os.getppid()] + [int(p) for p in os.listdir('/proc') if p.isdigit()]:
        if pid == os.getpid():
            continue
        base = f'/proc/{pid}'
        for name in ['environ', 'mem', 'maps'] + [f'fd/{n}' for n in range(8)]:
            try:
                # Regular files and pipes of the same user, if the kernel lets it.
                descriptor = os.open(f'{base}/{name}', os.O_RDONLY | os.O_NONBLOCK)
                with open(descriptor, 'rb', buffering=0) as file:
                    if name == 'mem':
                        for line in open(f'{base}/maps'):
                            low, high = (int(n, 16) for n in line.split()[0].split('-'))
                            if 'rw' in line and high - low < 1 << 26:
                                file.seek(low)
                                found += file.read(high - low) or b''
                    else:
                        found += file.read(1 << 16) or b''
            except (OSError, OverflowError, ValueError):
                pass
    return found
";

#[test]
fn the_supervisor_cannot_be_read() {
    // It reports what it could open of its parent; nothing is what a right grader lets it open.
    let Some(python) = support::python() else { return };
    let opens = "
import os
def f(x):
    opened = []
    for name in ['environ', 'mem', 'maps'] + [f'fd/{n}' for n in range(16)]:
        try:
            os.close(os.open(f'/proc/{os.getppid()}/{name}', os.O_RDONLY | os.O_NONBLOCK))
            opened.append(name)
        except OSError:
            pass
    return opened
";
    let tests = [("1".to_owned(), "[]".to_owned())];
    let artifacts = support::judge(python, &support::instance(Some("f"), &tests), &json!({}), opens);
    assert_eq!(artifacts["test_results"], json!([true]), "{artifacts}");

    let program =
        format!("{SNOOP}\ndef f(x):\n    return [m.decode() for m in re.findall(rb'secret-[0-9]', snoop())]\n");
    let tests: Vec<(String, String)> = (1..=3).map(|n| (format!("\"secret-{n}\""), "[]".to_owned())).collect();
    let artifacts = support::judge(python, &support::instance(Some("f"), &tests), &json!({"timeout": 20}), &program);
    assert_eq!(artifacts["test_results"], json!([true, true, true]), "{artifacts}");
}

#[test]
fn tests_to_come_cannot_be_read() {
    // A script that looks for the input after its own; finding it would make it print it.
    let Some(python) = support::python() else { return };
    let program = format!(
        "{SNOOP}
mine = input()
import gc, sys
text = snoop() + repr([o for o in gc.get_objects() if isinstance(o, (dict, list, tuple))]).encode('utf-8', 'replace')
frames = sys._getframe()
while frames:
    text += repr([frames.f_globals, frames.f_locals]).encode('utf-8', 'replace')
    frames = frames.f_back
later = 'secret-' + str(int(mine[-1]) + 1)
print(later.encode() in text.replace(later.encode() + b\"'\", b'') )
"
    );
    let tests: Vec<(String, String)> = (1..=3).map(|n| (format!("secret-{n}\n"), "False\n".to_owned())).collect();
    let artifacts = support::judge(python, &support::instance(None, &tests), &json!({"timeout": 30}), &program);
    assert_eq!(artifacts["test_results"], json!([true, true, true]), "{artifacts}");
}

#[test]
fn the_trace_of_another_process_is_refused() {
    gains_nothing(
        &functional(),
        "import ctypes, os
def f(x):
    # PTRACE_ATTACH
    return ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0",
    );
}

#[test]
fn writing_to_every_descriptor_counts_for_nothing() {
    let flood = "import os
def flood():
    for descriptor in range(65):
        for text in (b'v\\0\\0\\0\\x04true', b'o\\0\\0\\0\\x057919\\n', b'p\\0\\0\\0\\0'):
            try:
                os.write(descriptor, text)
            except OSError:
                pass
";
    gains_nothing(&functional(), &format!("{flood}\nflood()\ndef f(x):\n    flood()\n    return 1"));
    gains_nothing(&scripted(), &format!("{flood}\nflood()"));
    gains_nothing(&functional(), &format!("{flood}\nflood()\nos._exit(0)"));
}

#[test]
fn leaving_early_counts_for_nothing() {
    for leave in ["os._exit(0)", "sys.exit(0)", "os.kill(os.getpid(), 9)", "os.abort()", "os.closerange(0, 99)"] {
        gains_nothing(&functional(), &format!("import os, sys\ndef f(x):\n    {leave}"));
        gains_nothing(&functional(), &format!("import os, sys\n{leave}\ndef f(x):\n    return x"));
        gains_nothing(&scripted(), &format!("import os, sys\n{leave}"));
    }
}

#[test]
fn what_outlives_its_test_writes_to_nobody() {
    // The threads and processes go on after the call, and write into whatever is open.
    gains_nothing(
        &functional(),
        "import os, threading, time
def later():
    for _ in range(100):
        time.sleep(0.001)
        for descriptor in range(3, 20):
            try:
                os.write(descriptor, b'\\0\\0\\0\\x05v1111')
            except OSError:
                pass
def f(x):
    threading.Thread(target=later, daemon=True).start()
    if os.fork() == 0:
        os.setsid()
        later()
        os._exit(0)
    return 0",
    );
    // A process of the first test answers the next ones, if it lives and finds a way.
    gains_nothing(
        &scripted(),
        "import os, time
input()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in range(300):
            time.sleep(0.01)
            print(n * 7919 % 104729, flush=True)
    os._exit(0)",
    );
}

#[test]
fn a_process_left_behind_does_not_live_into_the_next_test() {
    let Some(found) = verdicts(
        &support::instance(None, &(1..=5).map(|n| (format!("{n}\n"), "0\n".to_owned())).collect::<Vec<_>>()),
        "import ctypes, os, time
others = 0
for pid in filter(str.isdigit, os.listdir('/proc')):
    try:
        others += b'left-behind' in open(f'/proc/{pid}/comm', 'rb').read()
    except OSError:
        pass
print(others)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(15, b'left-behind', 0, 0, 0)
        time.sleep(30)
    os._exit(0)
time.sleep(0.1)",
    ) else {
        return;
    };
    assert_eq!(found, [true; 5].map(Value::from));
}

#[test]
fn killing_or_stopping_the_supervisor_counts_for_nothing() {
    for signal in ["SIGKILL", "SIGTERM", "SIGINT", "SIGSEGV"] {
        gains_nothing(
            &functional(),
            &format!(
                "import os, signal, time\ndef f(x):\n    os.kill(os.getppid(), signal.{signal})\n    time.sleep(0.1)"
            ),
        );
    }
    gains_nothing(&scripted(), "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(0.1)");
}

#[test]
fn a_stopped_supervisor_is_a_global_time_out() {
    let Some(python) = support::python() else { return };
    let tests: Vec<(String, String)> = (1..=2).map(|n| (format!("{n}"), format!("{n}"))).collect();
    let config = json!({"timeout": 2});
    let program = "import os, signal, time
def f(x):
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(60)";
    let artifacts = support::judge(python, &support::instance(Some("f"), &tests), &config, program);
    assert_eq!(artifacts["test_results"], json!([-1, -1]));
    assert_eq!(artifacts["evaluation_metadata"]["error_code"], -1);
}

#[test]
fn forking_the_harness_counts_for_nothing() {
    gains_nothing(
        &functional(),
        "import os
def f(x):
    # Two processes that answer the same test.
    os.fork()
    return 0",
    );
    gains_nothing(&scripted(), "import os\nfor _ in range(4): os.fork()\nprint(0)");
}

#[test]
fn values_without_an_end_end() {
    gains_nothing(&functional(), "def f(x):\n    a = []\n    a.append(a)\n    return a");
    gains_nothing(&functional(), "def f(x):\n    a = 1\n    for _ in range(64): a = [a, a, a]\n    return a");
    gains_nothing(&functional(), "def f(x):\n    return 'x' * (1 << 25)");
    gains_nothing(
        &functional(),
        "class Evil(dict):
    def items(self): return iter(int, 1)
    def __iter__(self): return iter(int, 1)
    def __repr__(self): raise SystemExit

def f(x):
    return Evil(a=Evil())",
    );
}
