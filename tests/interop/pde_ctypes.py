"""libpde through ctypes, as far as the tests need it. Plain Python; numpy only where arrays are given or wanted.

    pde = Library("libpde.so")
    grid = pde.cartesian_grid([[0, 1], [0, 2]], [4, 8], [True, False])
    field = pde.field(grid, SCALAR, "f8", "c")
    with pde.open("run.h5", "create", "compression=none") as storage:
        storage.start(field, {"who": "me"})
        storage.append_raw(array, time=0.5)
"""

import ctypes as c
import json

DTYPES = {
    "f8": 1, "f4": 2, "c16": 3, "c8": 4, "i8": 5, "i4": 6, "i2": 7, "i1": 8, "u8": 9, "u4": 10, "u2": 11, "u1": 12, "b1": 13,
}  # fmt: skip
DTYPE_NAMES = {number: name for name, number in DTYPES.items()}
SCALAR, VECTOR, TENSOR, COLLECTION = 0, 1, 2, -1
TIME_AUTO = -1.7976931348623157e308

_SIGNATURES = {
    "pde_options_create": "p",
    "pde_options_parse": "ps",
    "pde_options_set": "pss",
    "pde_grid_create_unit": "ippp",
    "pde_grid_create_cartesian": "ippppp",
    "pde_grid_create_polar": "ddlp",
    "pde_grid_create_spherical": "ddlp",
    "pde_grid_create_cylindrical": "ddddllip",
    "pde_grid_parse": "sp",
    "pde_grid_text": "pp",
    "pde_field_create": "piisp",
    "pde_field_wrap": "piisppp",
    "pde_field_collection_create": "plsp",
    "pde_field_grid": "pp",
    "pde_field_rank": "pp",
    "pde_field_dtype": "pp",
    "pde_field_label": "pp",
    "pde_field_ndim": "pp",
    "pde_field_shape": "ppl",
    "pde_field_members": "pp",
    "pde_field_member": "plp",
    "pde_field_data": "pip",
    "pde_storage_open": "sspp",
    "pde_storage_start": "pps",
    "pde_storage_append": "ppd",
    "pde_storage_append_info": "ppds",
    "pde_storage_append_raw": "pipld",
    "pde_storage_flush": "p",
    "pde_storage_finish": "p",
    "pde_storage_close": "p",
    "pde_storage_length": "pp",
    "pde_storage_times": "pllp",
    "pde_storage_sample": "pp",
    "pde_storage_read": "plp",
    "pde_storage_read_raw": "plllipl",
    "pde_storage_info": "psp",
    "pde_storage_set_info": "pss",
    "pde_storage_snapshot_info": "plp",
    "pde_storage_copy": "ppp",
    "pde_controller_create": "plpp",
    "pde_controller_info": "pp",
    "pde_equation_create": "spp",
    "pde_solve": "ppddppp",
}
_TYPES = {"p": c.c_void_p, "s": c.c_char_p, "i": c.c_int32, "l": c.c_int64, "d": c.c_double}


class PdeError(Exception):
    """A call that failed: `status` is the name of the status, the text is the library's message."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status


def _text(value):
    return None if value is None else value.encode()


def _int64s(values):
    return (c.c_int64 * len(values))(*values)


class Library:
    def __init__(self, path):
        self.lib = c.CDLL(path)
        for name in ("pde_error_message", "pde_version_string"):
            getattr(self.lib, name).restype = c.c_char_p
        self.lib.pde_status_name.restype = c.c_char_p
        self.lib.pde_dtype_size.restype = c.c_int64
        for name, arguments in _SIGNATURES.items():
            function = getattr(self.lib, name)
            function.argtypes = [_TYPES[letter] for letter in arguments]
            function.restype = c.c_int32
        for noun in ("options", "grid", "field"):
            function = getattr(self.lib, f"pde_{noun}_free")
            function.argtypes, function.restype = [c.c_void_p], None

    def call(self, name, *arguments):
        status = getattr(self.lib, name)(*arguments)
        if status != 0:
            raise PdeError(self.lib.pde_status_name(status).decode(), self.lib.pde_error_message().decode())

    def new(self, name, *arguments):
        """The handle that a function hands out through its last parameter."""
        handle = c.c_void_p()
        self.call(name, *arguments, c.byref(handle))
        return handle

    def number(self, name, handle, kind=c.c_int32):
        value = kind()
        self.call(name, handle, c.byref(value))
        return value.value

    def text(self, name, *arguments):
        value = c.c_char_p()
        self.call(name, *arguments, c.byref(value))
        return None if value.value is None else value.value.decode()

    def size_of(self, dtype):
        return self.lib.pde_dtype_size(c.c_int32(dtype))

    # ---- grids

    def unit_grid(self, shape, periodic):
        flags = (c.c_int32 * len(shape))(*map(int, periodic))
        return Grid(self, self.new("pde_grid_create_unit", len(shape), _int64s(shape), flags))

    def cartesian_grid(self, bounds, shape, periodic):
        reals = c.c_double * len(shape)
        flags = (c.c_int32 * len(shape))(*map(int, periodic))
        lower, upper = reals(*(b[0] for b in bounds)), reals(*(b[1] for b in bounds))
        return Grid(self, self.new("pde_grid_create_cartesian", len(shape), lower, upper, _int64s(shape), flags))

    def polar_grid(self, radii, count):
        return Grid(self, self.new("pde_grid_create_polar", *radii, count))

    def spherical_grid(self, radii, count):
        return Grid(self, self.new("pde_grid_create_spherical", *radii, count))

    def cylindrical_grid(self, radii, bounds_z, shape, periodic_z):
        return Grid(self, self.new("pde_grid_create_cylindrical", *radii, *bounds_z, *shape, int(periodic_z)))

    # ---- fields

    def field(self, grid, rank, dtype, label=None):
        return Field(self, self.new("pde_field_create", grid.handle, rank, DTYPES[dtype], _text(label)))

    def collection(self, members, label=None):
        handles = (c.c_void_p * len(members))(*(member.handle.value for member in members))
        return Field(self, self.new("pde_field_collection_create", handles, len(members), _text(label)))

    # ---- storages

    def open(self, uri, mode=None, options="", info=None, grid=None):
        bag = self.new("pde_options_create")
        try:
            self.call("pde_options_parse", bag, _text(options))
            if info is not None:
                self.call("pde_options_set", bag, b"info", _text(json.dumps(info)))
            if grid is not None:
                self.call("pde_options_set", bag, b"grid", _text(grid))
            return Storage(self, self.new("pde_storage_open", _text(uri), _text(mode), bag))
        finally:
            self.lib.pde_options_free(bag)


class Grid:
    def __init__(self, pde, handle):
        self.pde, self.handle = pde, handle

    def __del__(self):
        self.pde.lib.pde_grid_free(self.handle)

    def __eq__(self, other):
        equal = c.c_int32()
        self.pde.call("pde_grid_equal", self.handle, other.handle, c.byref(equal))
        return equal.value == 1

    @property
    def state(self):
        return json.loads(self.pde.text("pde_grid_text", self.handle))


class Field:
    def __init__(self, pde, handle):
        self.pde, self.handle = pde, handle

    def __del__(self):
        self.pde.lib.pde_field_free(self.handle)

    @property
    def grid(self):
        return Grid(self.pde, self.pde.new("pde_field_grid", self.handle))

    @property
    def rank(self):
        return self.pde.number("pde_field_rank", self.handle)

    @property
    def dtype(self):
        return DTYPE_NAMES[self.pde.number("pde_field_dtype", self.handle)]

    @property
    def label(self):
        return self.pde.text("pde_field_label", self.handle)

    @property
    def shape(self):
        shape = (c.c_int64 * self.pde.number("pde_field_ndim", self.handle))()
        self.pde.call("pde_field_shape", self.handle, shape, len(shape))
        return tuple(shape)

    @property
    def members(self):
        count = self.pde.number("pde_field_members", self.handle, c.c_int64)
        return [Field(self.pde, self.pde.new("pde_field_member", self.handle, i)) for i in range(count)]

    def array(self):
        """The samples as an array of numpy that shares their memory; of a field in C order that owns them."""
        import numpy as np

        data = c.c_void_p()
        self.pde.call("pde_field_data", self.handle, DTYPES[self.dtype], c.byref(data))
        dtype = np.dtype("?" if self.dtype == "b1" else self.dtype)
        size = dtype.itemsize
        for n in self.shape:
            size *= n
        return np.frombuffer((c.c_char * size).from_address(data.value), dtype=dtype).reshape(self.shape)


class Storage:
    def __init__(self, pde, handle):
        self.pde, self.handle = pde, handle

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.handle:
            handle, self.handle = self.handle, None
            self.pde.call("pde_storage_close", handle)

    def start(self, sample, info=None):
        self.pde.call("pde_storage_start", self.handle, sample.handle, _text(None if info is None else json.dumps(info)))

    def append(self, field, time=TIME_AUTO):
        self.pde.call("pde_storage_append", self.handle, field.handle, time)

    def append_info(self, field, time, info):
        self.pde.call("pde_storage_append_info", self.handle, field.handle, time, _text(json.dumps(info)))

    def append_raw(self, array, time=TIME_AUTO):
        import numpy as np

        array = np.ascontiguousarray(array)
        dtype = DTYPES["b1" if array.dtype.kind == "b" else array.dtype.str[1:]]
        self.pde.call("pde_storage_append_raw", self.handle, dtype, array.ctypes.data, array.size, time)

    def flush(self):
        self.pde.call("pde_storage_flush", self.handle)

    def finish(self):
        self.pde.call("pde_storage_finish", self.handle)

    def __len__(self):
        return self.pde.number("pde_storage_length", self.handle, c.c_int64)

    @property
    def times(self):
        times = (c.c_double * len(self))()
        self.pde.call("pde_storage_times", self.handle, 0, len(times), times)
        return list(times)

    @property
    def sample(self):
        return Field(self.pde, self.pde.new("pde_storage_sample", self.handle))

    def read(self, index, field):
        self.pde.call("pde_storage_read", self.handle, index, field.handle)

    def read_raw_bytes(self, index, dtype, count):
        """Snapshot `index` as bytes in C order; `dtype` is the number of one."""
        buffer = c.create_string_buffer(count * self.pde.size_of(dtype))
        self.pde.call("pde_storage_read_raw", self.handle, index, 1, 1, dtype, buffer, count)
        return buffer.raw

    def data(self):
        """All snapshots as one array of numpy, in the dtype of the series."""
        import numpy as np

        sample = self.sample
        dtype = np.dtype("?" if sample.dtype == "b1" else sample.dtype)
        data = np.empty((len(self), *sample.shape), dtype)
        self.pde.call(
            "pde_storage_read_raw", self.handle, 0, len(self), 1, DTYPES[sample.dtype], data.ctypes.data, data.size
        )
        return data

    @property
    def info(self):
        return json.loads(self.pde.text("pde_storage_info", self.handle, None))

    def snapshot_info(self, index):
        text = self.pde.text("pde_storage_snapshot_info", self.handle, index)
        return None if text is None else json.loads(text)

    def copy(self, into):
        self.pde.call("pde_storage_copy", self.handle, into.handle, None)

    def set_info(self, key, value):
        self.pde.call("pde_storage_set_info", self.handle, _text(key), _text(json.dumps(value)))
