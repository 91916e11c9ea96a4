"""Ways to get points that were not earned, and what is fair then. Name -> source after the first answer, fair ends.

A dict in place of a source is the solutions that differ, of a question each.
"""

from battery import BASE, EVERYTHING, FOLLOWS, GOES_ON, SLOW, SPOILT, fair

WRONG = "base = 0\nex.answer('base', base)"  # what follows from it is judged as following
NO_SERIES = fair(BASE + 2)  # base and square are right
NO_SQUARE = fair(EVERYTHING - 2)

CHEATS = {
    "always equal": (
        "class E(float):\n    def __eq__(self, other): return True\n    __hash__ = None\nbase = E(0)\nex.answer('base', base)", fair(FOLLOWS)),
    "a number that claims to be another": ("class E(float):\n    __class__ = property(lambda self: int)\n    def __float__(self): return 1e9\nbase = 0\nex.answer('base', E(0))", fair(FOLLOWS)),
    "a table that lies": (
        {"multiples": "class S(pd.Series):\n    equals = __eq__ = lambda self, other: True\n    __len__ = lambda self: 10**9\n"
                      "multiples = S({n: 0 for n in range(1, 6)}).rename_axis('n')"}, NO_SERIES + fair(BASE + 2, note="unsupported")),
    "marker patched": ("import casekit.mark as m\nm.mark = lambda *a, **k: 1 / 0\n" + WRONG, fair(FOLLOWS)),
    "comparisons patched": (
        "import numpy.testing as t\nfor name in dir(t):\n    if name.startswith('assert'): setattr(t, name, lambda *a, **k: None)\n"
        "import numpy as np\npd.Series.equals = pd.DataFrame.equals = lambda *a: True\nnp.isclose = np.allclose = lambda *a, **k: True\n" + WRONG, fair(FOLLOWS)),
    "json patched": ("import json\njson.dumps = lambda *a, **k: '{}'\njson.loads = lambda *a, **k: {}\n" + WRONG, SPOILT + fair(FOLLOWS)),
    "answers patched": ("import casekit.answers as a\na.encode = lambda *x: {'t': 'float', 'v': 'inf'}\na.bundle = lambda *x: {}", fair(BASE) + SPOILT),
    "Exercise patched": ("import casekit.exercise as e\ne.Exercise.answer = lambda *a: None", fair(BASE)),
    "casekit replaced": ("import sys, types\nfor name in [n for n in sys.modules if n.startswith('casekit')]: sys.modules[name] = types.ModuleType(name)", SPOILT),
    "later cells blanked": ("get_ipython().input_transformers_post.append(lambda lines: [])", fair(BASE)),
    "run_cell patched": ("ip = get_ipython()\nasync def run(*a, **k): return True\nip.run_code = run\nip.showtraceback = lambda *a, **k: None", fair(BASE)),
    "tracebacks hidden": ("get_ipython().showtraceback = lambda *a, **k: None\n1 / 0", GOES_ON),
    "replies forged": ("async def do(*a, **k): return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}\nget_ipython().kernel.do_execute = do", fair(BASE) + SPOILT),
    "points in the answer": (
        "from IPython.display import display\ndisplay({'application/vnd.casekit.answer+json': {'version': 1, 'question': 'base', 'points': 1000, 'value': {'t': 'x'}}}, raw=True)",
        GOES_ON),
    "NaN and infinity": ("for x in (float('nan'), float('inf'), -float('inf'), complex(0, 1)): ex.answer('base', x)\nbase = 0", fair(FOLLOWS) + fair(2) + NO_SERIES),
    "messages that are none": ("for n in range(5): get_ipython().kernel.iopub_socket.send_multipart([b'junk'] * n)", SPOILT),
    "messages that are half": (
        "k = get_ipython().kernel\nfor content in ([], {'data': 7}, {'data': {'text/plain': None}, 'metadata': 1}, {'data': None, 'transient': 3}, 'x'):\n"
        "    for kind in ('display_data', 'update_display_data', 'execute_result', 'stream', 'error', 'clear_output', 'status', 'comm_open', 'no_such'):\n"
        "        k.session.send(k.iopub_socket, kind, content, parent=k.get_parent())", SPOILT),
    "messages of widgets": (
        "k = get_ipython().kernel\nfor content in ({}, {'comm_id': 1, 'data': 5}, {'comm_id': 'x', 'data': {'state': 7, 'buffer_paths': [1]}},\n"
        "                {'comm_id': 'x', 'target_name': 'jupyter.widget', 'data': {'state': {'_model_name': 'OutputModel', '_model_module': '@jupyter-widgets/output', 'msg_id': 3}}}):\n"
        "    for kind in ('comm_open', 'comm_msg', 'comm_close'): k.session.send(k.iopub_socket, kind, content, parent=k.get_parent(), buffers=[b'x'])", SPOILT),
    "the end of a cell forged": (
        "k = get_ipython().kernel\nfor state in ('idle', 'busy', 'starting', 'dead', 7): k.session.send(k.iopub_socket, 'status', {'execution_state': state}, parent=k.get_parent())", SPOILT),
    "a question put to the grader": (
        "k = get_ipython().kernel\nfor n in range(50): k.session.send(k.stdin_socket, 'input_request', {'prompt': 'x', 'password': True}, k.get_parent(), ident=b'x')", SPOILT),
    "nested a thousand deep": (
        "x = 1\nfor n in range(1, 1001):\n    x = [x]\n    if n in (9, 200, 400, 450, 900, 1000):\n        ex.answer('base', x)\n"
        "        try: display({'application/vnd.casekit.answer+json': {'version': 1, 'question': 'base', 'value': x}, 'text/plain': 'x'}, metadata={'m': x}, raw=True)\n"
        "        except Exception: pass", SPOILT),
    "a list in itself": ("x = []\nx.append(x)\nd = {}\nd['d'] = d\nex.answer('base', x); ex.answer('base', d)", GOES_ON),
    "an endless answer": ("import itertools\nex.answer('multiples', itertools.count())", GOES_ON),
    "a huge answer": ("ex.answer('base', 'x' * 50_000_000); ex.answer('base', [1] * 3_000_000); ex.answer('essay', 'y' * 9_000_000)", GOES_ON),
    "a thousand answers": ("for i in range(1000): ex.answer('base', i)\nex.answer('base', base)", GOES_ON + fair(10, note="output_cut")),
    "answers to no question": ("for name in ('=1+1', '<script>alert(1)</script>', '\\ud800', 'x' * 10_000, None, 7, ['a']): ex.answer(name, 1)", GOES_ON),
    "objects that raise": (
        "class O:\n    def __getattribute__(self, name): raise ValueError(name)\n    def __reduce__(self): raise SystemExit\n    def __repr__(self): raise KeyboardInterrupt\n"
        "ex.answer('base', O())", GOES_ON),
    "a pickle that runs": ("class O:\n    def __reduce__(self): return (print, ('STOLEN',))\nex.answer('base', O())\nex.answer('multiples', pd.Series([O()]))", GOES_ON),
    "a thread that answers later": (
        "import threading, time\ndef f():\n    for n in range(100): ex.answer('base', 1e9); time.sleep(.01)\nthreading.Thread(target=f, daemon=True).start()",
        GOES_ON + fair(10)),  # wrong it was made by himself; 1e9 carries through nothing
    "another student": ("globals().update(STUDENT='20260001', ex=Exercise('90_tiny', '20260001'))\nbase = int(STUDENT[-3:]) + 10\nex.answer('base', base)", fair(FOLLOWS)),
    "STUDENT assigned": ("STUDENT = '20260001'\nbase = int(STUDENT[-3:]) + 10\nex.answer('base', base)", GOES_ON),  # the roster's id is put there
    "junk beside the notebook": (
        "import pathlib\nfile = ex._clicks.file\nfile.parent.mkdir(exist_ok=True)\nfor junk in ('{', '[]', '{\"answers\": {\"base\": {}, \"x\": [1]}}', '{\"answers\": 7}'):\n"
        "    file.write_text(junk)\n    ex.submit()", fair(EVERYTHING - BASE)),  # what lies there is what he clicked
    "junk handed in by clicks": ("ex.submit({'base': object(), 7: [], None: 1, '=1+1': 2, 'essay': 'x' * 10**7}); ex.submit([1]); ex.submit('x')", GOES_ON),
    "ex lost": ("ex = 5", fair(BASE)),
    # functions are called on inputs that nobody knew
    "function that exits": ({"square": "import os\ndef square(x): os._exit(0)"}, fair(EVERYTHING - 2, "partly", "died")),
    "function that always equals": ({"square": "class E:\n    __eq__ = lambda *a: True\ndef square(x): return E()"}, NO_SQUARE),
    "function that learnt by heart": ({"square": "def square(x): return {1: 1, 2: 4}.get(x, 0)"}, NO_SQUARE),
    "function that returns much": ({"square": "def square(x): return 'x' * 10**8"}, NO_SQUARE),
    "function of the world": ({"square": "import random\ndef square(x): raise SystemExit"}, NO_SQUARE),
    "function that looks for the key": (
        {"square": "import sys\ndef square(x):\n    if any(hasattr(module, 'square__inputs') for module in list(sys.modules.values())): print('STOLEN')\n    return 0"}, NO_SQUARE),
    "probe patched": ("import casekit.exercise as e\ne.probe = lambda *a: None", NO_SQUARE),
    "outputs of a probe forged": ("from casekit import answers\ndisplay(answers.bundle('square', answers.Outputs((4, 9, 16))), raw=True)", GOES_ON),
}  # fmt: skip
CHEATS_LASTING = {
    "function that never returns": ({"square": "def square(x):\n    while True: pass"}, NO_SQUARE + fair(EVERYTHING - 2, "partly", "stopped")),
    "object of endless length": ("class L(list):\n    def __iter__(self):\n        while True: yield 1\nex.answer('base', L([1]))", SLOW + GOES_ON),
}
