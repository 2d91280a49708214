! The Fortran module: a thin layer over the C API of libpde, with the same names and the same meaning. The comments in
! the headers (pde/*.h) hold here as well; this is what differs:
!
! Arguments. First those that must be given, in the order of C; then, as optional ones, those that may be NULL in C;
! last `ierr`. Counts beside arrays fall away. Text is of any length, and blanks at its end do not count.
!
! Errors. `ierr` gets PDE_OK or a negative status. Where it is left out, a failure stops the program with the message.
! News that is no failure (PDE_STOP) comes through a logical argument instead.
!
! Order. A Fortran array has its first index fastest. A field wrapped around u(nx, ny) lives on a grid of shape
! [nx, ny]: the first index is x, and nothing has to be transposed, neither here nor by readers of the files. Components
! come first, as everywhere: a vector field is an array v(2, nx, ny).
!
! Numbers. `dim` is that of the array, from 1. Snapshots count from 0, as in files and messages, and from -1 backwards.
!
! Handles are plain types. Each is given back with its pde_..._free, storages with pde_storage_close.
!
! Callbacks are procedures of a module, or external ones, of the abstract interfaces pde_measure and pde_rate. They set
! `ierr`, which is PDE_OK before, to a negative status to fail; they get no user data, but see the module they are in.
!
! Not in this version: other callbacks, custom storages, bare arrays of samples, element types other than real64.
module pde
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: int32, int64, real64, error_unit
  implicit none
  private

  ! ---- constants, compared with those of C by a test

  integer(int32), parameter, public :: PDE_OK = 0, PDE_STOP = 1, PDE_EMPTY = 2
  integer(int32), parameter, public :: PDE_ERR_ARGUMENT = -1, PDE_ERR_HANDLE = -2, PDE_ERR_STATE = -3, &
    PDE_ERR_SHAPE = -4, PDE_ERR_DTYPE = -5, PDE_ERR_RANGE = -6, PDE_ERR_READONLY = -7, PDE_ERR_NOT_FOUND = -8, &
    PDE_ERR_EXISTS = -9, PDE_ERR_FORMAT = -10, PDE_ERR_IO = -11, PDE_ERR_BUSY = -12, PDE_ERR_MEMORY = -13, &
    PDE_ERR_UNSUPPORTED = -14, PDE_ERR_UNSOUND = -15, PDE_ERR_INTERNAL = -16, PDE_ERR_USER = -1000
  integer(int32), parameter, public :: PDE_FLOAT64 = 1, PDE_FLOAT32 = 2, PDE_COMPLEX128 = 3, PDE_COMPLEX64 = 4, &
    PDE_INT64 = 5, PDE_INT32 = 6, PDE_INT16 = 7, PDE_INT8 = 8, PDE_UINT64 = 9, PDE_UINT32 = 10, PDE_UINT16 = 11, &
    PDE_UINT8 = 12, PDE_BOOL = 13
  integer(int32), parameter, public :: PDE_LOG_ERROR = 1, PDE_LOG_WARNING = 2, PDE_LOG_INFO = 3
  integer(int32), parameter, public :: PDE_SCALAR = 0, PDE_VECTOR = 1, PDE_TENSOR = 2, PDE_COLLECTION = -1
  real(real64), parameter, public :: PDE_TIME_AUTO = -huge(1.0_real64)

  ! ---- handles

  type, public :: pde_options
    private
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: pde_grid
    private
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: pde_field
    private
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: pde_storage
    private
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: pde_schedule
    private
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: pde_tracker
    private
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: pde_controller
    private
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: pde_equation
    private
    type(c_ptr) :: handle = c_null_ptr
  end type
  type, public :: pde_operator
    private
    type(c_ptr) :: handle = c_null_ptr
  end type

  ! ---- procedures of the caller

  abstract interface
    ! Fills one value per column. `ierr` may become PDE_STOP, too: the run ends with this row.
    subroutine pde_measure(state, time, values, ierr)
      import :: pde_field, int32, real64
      implicit none
      type(pde_field), intent(in) :: state ! lent for the call, as are the values
      real(real64), intent(in) :: time
      real(real64), intent(inout) :: values(:)
      integer(int32), intent(inout) :: ierr
    end subroutine
    ! Fills how fast the state changes: a float64 field like it.
    subroutine pde_rate(state, time, rate, ierr)
      import :: pde_field, int32, real64
      implicit none
      type(pde_field), intent(in) :: state, rate ! lent for the call
      real(real64), intent(in) :: time
      integer(int32), intent(inout) :: ierr
    end subroutine
  end interface
  public :: pde_measure, pde_rate

  ! What C keeps of such a procedure, as the user data of one of ours.
  type :: measure_box
    procedure(pde_measure), pointer, nopass :: call => null()
  end type
  type :: rate_box
    procedure(pde_rate), pointer, nopass :: call => null()
  end type

  ! Where the samples of an array of the caller lie.
  type :: layout
    type(c_ptr) :: first = c_null_ptr
    integer :: ndim = 0
    integer(c_int64_t) :: shape(5) = 1, strides(5) = 1
  end type

  ! ---- procedures

  public :: pde_version_string, pde_version_number, pde_status_name, pde_error_message
  public :: pde_options_create, pde_options_set, pde_options_parse, pde_options_free
  public :: pde_grid_create_unit, pde_grid_create_cartesian, pde_grid_create_polar, pde_grid_create_spherical
  public :: pde_grid_create_cylindrical, pde_grid_parse, pde_grid_text, pde_grid_ndim
  public :: pde_grid_shape, pde_grid_bounds, pde_grid_periodic, pde_grid_coordinates, pde_grid_free
  public :: pde_field_create, pde_field_wrap, pde_field_rebind, pde_field_collection_create, pde_field_assign
  public :: pde_field_grid, pde_field_fill, pde_field_fill_random, pde_field_average, pde_field_statistic
  public :: pde_field_plot, pde_field_free
  public :: pde_storage_open, pde_storage_start, pde_storage_append, pde_storage_flush, pde_storage_finish
  public :: pde_storage_close, pde_storage_length, pde_storage_committed, pde_storage_times, pde_storage_sample
  public :: pde_storage_read, pde_storage_info, pde_storage_set_info, pde_storage_statistics
  public :: pde_schedule_create_constant, pde_schedule_create_list, pde_schedule_parse, pde_schedule_free
  public :: pde_tracker_create, pde_tracker_create_storage, pde_tracker_create_data
  public :: pde_tracker_create_steady_state, pde_tracker_data_length, pde_tracker_data_read, pde_tracker_free
  public :: pde_controller_create, pde_controller_resume, pde_controller_remove
  public :: pde_controller_set_step, pde_controller_start, pde_controller_due
  public :: pde_controller_handle, pde_controller_stop, pde_controller_finish, pde_controller_info
  public :: pde_controller_free
  public :: pde_operator_create, pde_operator_apply, pde_operator_free
  public :: pde_equation_create, pde_equation_create_custom, pde_equation_initial_state, pde_equation_free, pde_solve

  interface pde_options_set
    module procedure set_text, set_int32, set_int64, set_real, set_logical, set_reals
  end interface
  interface pde_grid_create_unit
    module procedure create_unit_int32, create_unit_int64
  end interface
  interface pde_grid_create_cartesian
    module procedure create_cartesian_int32, create_cartesian_int64
  end interface
  interface pde_grid_create_polar
    module procedure create_polar_int32, create_polar_int64
  end interface
  interface pde_grid_create_spherical
    module procedure create_spherical_int32, create_spherical_int64
  end interface
  interface pde_grid_create_cylindrical
    module procedure create_cylindrical_int32, create_cylindrical_int64
  end interface
  interface pde_field_wrap
    module procedure wrap_1, wrap_2, wrap_3, wrap_4
  end interface
  interface pde_field_rebind
    module procedure rebind_1, rebind_2, rebind_3, rebind_4
  end interface
  interface pde_field_fill_random
    module procedure fill_random_int32, fill_random_int64
  end interface
  interface pde_storage_times
    module procedure times_int32, times_int64
  end interface
  interface pde_storage_read
    module procedure read_int32, read_int64
  end interface
  interface pde_tracker_data_read
    module procedure data_read_int32, data_read_int64
  end interface
  interface pde_equation_initial_state
    module procedure initial_state_int32, initial_state_int64
  end interface

  ! ---- the functions of C. An argument that C declares `const char *` is an address here, so that it may be NULL.

  interface
    integer(c_size_t) function c_strlen(text) bind(c, name="strlen")
      import; implicit none
      type(c_ptr), value :: text
    end function

    type(c_ptr) function c_version_string() bind(c, name="pde_version_string")
      import; implicit none
    end function
    integer(c_int32_t) function c_version_number() bind(c, name="pde_version_number")
      import; implicit none
    end function
    type(c_ptr) function c_status_name(status) bind(c, name="pde_status_name")
      import; implicit none
      integer(c_int32_t), value :: status
    end function
    type(c_ptr) function c_error_message() bind(c, name="pde_error_message")
      import; implicit none
    end function
    integer(c_int32_t) function c_error_set(status, message) bind(c, name="pde_error_set")
      import; implicit none
      integer(c_int32_t), value :: status
      type(c_ptr), value :: message
    end function

    integer(c_int32_t) function c_options_create(options) bind(c, name="pde_options_create")
      import; implicit none
      type(c_ptr), intent(out) :: options
    end function
    integer(c_int32_t) function c_options_set(options, key, text) bind(c, name="pde_options_set")
      import; implicit none
      type(c_ptr), value :: options, key, text
    end function
    integer(c_int32_t) function c_options_set_int(options, key, number) bind(c, name="pde_options_set_int")
      import; implicit none
      type(c_ptr), value :: options, key
      integer(c_int64_t), value :: number
    end function
    integer(c_int32_t) function c_options_set_real(options, key, number) bind(c, name="pde_options_set_real")
      import; implicit none
      type(c_ptr), value :: options, key
      real(c_double), value :: number
    end function
    integer(c_int32_t) function c_options_set_bool(options, key, flag) bind(c, name="pde_options_set_bool")
      import; implicit none
      type(c_ptr), value :: options, key
      integer(c_int32_t), value :: flag
    end function
    integer(c_int32_t) function c_options_set_reals(options, key, numbers, count) bind(c, name="pde_options_set_reals")
      import; implicit none
      type(c_ptr), value :: options, key
      real(c_double), intent(in) :: numbers(*)
      integer(c_int64_t), value :: count
    end function
    integer(c_int32_t) function c_options_parse(options, text) bind(c, name="pde_options_parse")
      import; implicit none
      type(c_ptr), value :: options, text
    end function
    subroutine c_options_free(options) bind(c, name="pde_options_free")
      import; implicit none
      type(c_ptr), value :: options
    end subroutine

    integer(c_int32_t) function c_grid_create_unit(ndim, shape, periodic, grid) bind(c, name="pde_grid_create_unit")
      import; implicit none
      integer(c_int32_t), value :: ndim
      integer(c_int64_t), intent(in) :: shape(*)
      integer(c_int32_t), intent(in) :: periodic(*)
      type(c_ptr), intent(out) :: grid
    end function
    integer(c_int32_t) function c_grid_create_cartesian(ndim, lower, upper, shape, periodic, grid) &
        bind(c, name="pde_grid_create_cartesian")
      import; implicit none
      integer(c_int32_t), value :: ndim
      real(c_double), intent(in) :: lower(*), upper(*)
      integer(c_int64_t), intent(in) :: shape(*)
      integer(c_int32_t), intent(in) :: periodic(*)
      type(c_ptr), intent(out) :: grid
    end function
    integer(c_int32_t) function c_grid_create_polar(r_inner, r_outer, count, grid) bind(c, name="pde_grid_create_polar")
      import; implicit none
      real(c_double), value :: r_inner, r_outer
      integer(c_int64_t), value :: count
      type(c_ptr), intent(out) :: grid
    end function
    integer(c_int32_t) function c_grid_create_spherical(r_inner, r_outer, count, grid) &
        bind(c, name="pde_grid_create_spherical")
      import; implicit none
      real(c_double), value :: r_inner, r_outer
      integer(c_int64_t), value :: count
      type(c_ptr), intent(out) :: grid
    end function
    integer(c_int32_t) function c_grid_create_cylindrical(r_inner, r_outer, z_lower, z_upper, count_r, count_z, &
        periodic_z, grid) bind(c, name="pde_grid_create_cylindrical")
      import; implicit none
      real(c_double), value :: r_inner, r_outer, z_lower, z_upper
      integer(c_int64_t), value :: count_r, count_z
      integer(c_int32_t), value :: periodic_z
      type(c_ptr), intent(out) :: grid
    end function
    integer(c_int32_t) function c_grid_parse(json, grid) bind(c, name="pde_grid_parse")
      import; implicit none
      type(c_ptr), value :: json
      type(c_ptr), intent(out) :: grid
    end function
    integer(c_int32_t) function c_grid_text(grid, json) bind(c, name="pde_grid_text")
      import; implicit none
      type(c_ptr), value :: grid
      type(c_ptr), intent(out) :: json
    end function
    integer(c_int32_t) function c_grid_ndim(grid, ndim) bind(c, name="pde_grid_ndim")
      import; implicit none
      type(c_ptr), value :: grid
      integer(c_int32_t), intent(inout) :: ndim
    end function
    integer(c_int32_t) function c_grid_shape(grid, shape, count) bind(c, name="pde_grid_shape")
      import; implicit none
      type(c_ptr), value :: grid
      integer(c_int64_t), intent(inout) :: shape(*)
      integer(c_int64_t), value :: count
    end function
    integer(c_int32_t) function c_grid_bounds(grid, lower, upper, count) bind(c, name="pde_grid_bounds")
      import; implicit none
      type(c_ptr), value :: grid
      real(c_double), intent(inout) :: lower(*), upper(*)
      integer(c_int64_t), value :: count
    end function
    integer(c_int32_t) function c_grid_periodic(grid, periodic, count) bind(c, name="pde_grid_periodic")
      import; implicit none
      type(c_ptr), value :: grid
      integer(c_int32_t), intent(inout) :: periodic(*)
      integer(c_int64_t), value :: count
    end function
    integer(c_int32_t) function c_grid_coordinates(grid, axis, centres, count) bind(c, name="pde_grid_coordinates")
      import; implicit none
      type(c_ptr), value :: grid
      integer(c_int32_t), value :: axis
      real(c_double), intent(inout) :: centres(*)
      integer(c_int64_t), value :: count
    end function
    subroutine c_grid_free(grid) bind(c, name="pde_grid_free")
      import; implicit none
      type(c_ptr), value :: grid
    end subroutine

    integer(c_int32_t) function c_field_create(grid, rank, dtype, label, field) bind(c, name="pde_field_create")
      import; implicit none
      type(c_ptr), value :: grid, label
      integer(c_int32_t), value :: rank, dtype
      type(c_ptr), intent(out) :: field
    end function
    integer(c_int32_t) function c_field_wrap(grid, rank, dtype, label, data, strides, field) &
        bind(c, name="pde_field_wrap")
      import; implicit none
      type(c_ptr), value :: grid, label, data
      integer(c_int32_t), value :: rank, dtype
      integer(c_int64_t), intent(in) :: strides(*)
      type(c_ptr), intent(out) :: field
    end function
    integer(c_int32_t) function c_field_rebind(field, data) bind(c, name="pde_field_rebind")
      import; implicit none
      type(c_ptr), value :: field, data
    end function
    integer(c_int32_t) function c_field_collection_create(fields, count, label, field) &
        bind(c, name="pde_field_collection_create")
      import; implicit none
      type(c_ptr), intent(in) :: fields(*)
      integer(c_int64_t), value :: count
      type(c_ptr), value :: label
      type(c_ptr), intent(out) :: field
    end function
    integer(c_int32_t) function c_field_assign(into, from) bind(c, name="pde_field_assign")
      import; implicit none
      type(c_ptr), value :: into, from
    end function
    integer(c_int32_t) function c_field_grid(field, grid) bind(c, name="pde_field_grid")
      import; implicit none
      type(c_ptr), value :: field
      type(c_ptr), intent(out) :: grid
    end function
    integer(c_int32_t) function c_field_ndim(field, ndim) bind(c, name="pde_field_ndim")
      import; implicit none
      type(c_ptr), value :: field
      integer(c_int32_t), intent(inout) :: ndim
    end function
    integer(c_int32_t) function c_field_shape(field, shape, count) bind(c, name="pde_field_shape")
      import; implicit none
      type(c_ptr), value :: field
      integer(c_int64_t), intent(inout) :: shape(*)
      integer(c_int64_t), value :: count
    end function
    integer(c_int32_t) function c_field_data_const(field, dtype, data, strides, count) &
        bind(c, name="pde_field_data_const")
      import; implicit none
      type(c_ptr), value :: field
      integer(c_int32_t), value :: dtype
      type(c_ptr), intent(inout) :: data
      integer(c_int64_t), intent(inout) :: strides(*)
      integer(c_int64_t), value :: count
    end function
    integer(c_int32_t) function c_field_fill(field, re, im) bind(c, name="pde_field_fill")
      import; implicit none
      type(c_ptr), value :: field
      real(c_double), value :: re, im
    end function
    integer(c_int32_t) function c_field_fill_random(field, kind, seed, a, b) bind(c, name="pde_field_fill_random")
      import; implicit none
      type(c_ptr), value :: field, kind
      integer(c_int64_t), value :: seed
      real(c_double), value :: a, b
    end function
    integer(c_int32_t) function c_field_average(field, values, count) bind(c, name="pde_field_average")
      import; implicit none
      type(c_ptr), value :: field
      real(c_double), intent(inout) :: values(*)
      integer(c_int64_t), value :: count
    end function
    integer(c_int32_t) function c_field_statistic(field, name, values, count) bind(c, name="pde_field_statistic")
      import; implicit none
      type(c_ptr), value :: field, name
      real(c_double), intent(inout) :: values(*)
      integer(c_int64_t), value :: count
    end function
    integer(c_int32_t) function c_field_plot(field, path, options) bind(c, name="pde_field_plot")
      import; implicit none
      type(c_ptr), value :: field, path, options
    end function
    subroutine c_field_free(field) bind(c, name="pde_field_free")
      import; implicit none
      type(c_ptr), value :: field
    end subroutine

    integer(c_int32_t) function c_storage_open(uri, mode, options, storage) bind(c, name="pde_storage_open")
      import; implicit none
      type(c_ptr), value :: uri, mode, options
      type(c_ptr), intent(out) :: storage
    end function
    integer(c_int32_t) function c_storage_start(storage, sample, info) bind(c, name="pde_storage_start")
      import; implicit none
      type(c_ptr), value :: storage, sample, info
    end function
    integer(c_int32_t) function c_storage_append(storage, field, time) bind(c, name="pde_storage_append")
      import; implicit none
      type(c_ptr), value :: storage, field
      real(c_double), value :: time
    end function
    integer(c_int32_t) function c_storage_flush(storage) bind(c, name="pde_storage_flush")
      import; implicit none
      type(c_ptr), value :: storage
    end function
    integer(c_int32_t) function c_storage_finish(storage) bind(c, name="pde_storage_finish")
      import; implicit none
      type(c_ptr), value :: storage
    end function
    integer(c_int32_t) function c_storage_close(storage) bind(c, name="pde_storage_close")
      import; implicit none
      type(c_ptr), value :: storage
    end function
    integer(c_int32_t) function c_storage_length(storage, length) bind(c, name="pde_storage_length")
      import; implicit none
      type(c_ptr), value :: storage
      integer(c_int64_t), intent(inout) :: length
    end function
    integer(c_int32_t) function c_storage_committed(storage, length) bind(c, name="pde_storage_committed")
      import; implicit none
      type(c_ptr), value :: storage
      integer(c_int64_t), intent(inout) :: length
    end function
    integer(c_int32_t) function c_storage_times(storage, first, count, times) bind(c, name="pde_storage_times")
      import; implicit none
      type(c_ptr), value :: storage
      integer(c_int64_t), value :: first, count
      real(c_double), intent(inout) :: times(*)
    end function
    integer(c_int32_t) function c_storage_sample(storage, field) bind(c, name="pde_storage_sample")
      import; implicit none
      type(c_ptr), value :: storage
      type(c_ptr), intent(out) :: field
    end function
    integer(c_int32_t) function c_storage_read(storage, index, into) bind(c, name="pde_storage_read")
      import; implicit none
      type(c_ptr), value :: storage, into
      integer(c_int64_t), value :: index
    end function
    integer(c_int32_t) function c_storage_info(storage, key, json) bind(c, name="pde_storage_info")
      import; implicit none
      type(c_ptr), value :: storage, key
      type(c_ptr), intent(inout) :: json
    end function
    integer(c_int32_t) function c_storage_set_info(storage, key, json) bind(c, name="pde_storage_set_info")
      import; implicit none
      type(c_ptr), value :: storage, key, json
    end function
    integer(c_int32_t) function c_storage_statistics(storage, json) bind(c, name="pde_storage_statistics")
      import; implicit none
      type(c_ptr), value :: storage
      type(c_ptr), intent(inout) :: json
    end function

    integer(c_int32_t) function c_schedule_create_constant(interval, t_start, schedule) &
        bind(c, name="pde_schedule_create_constant")
      import; implicit none
      real(c_double), value :: interval, t_start
      type(c_ptr), intent(out) :: schedule
    end function
    integer(c_int32_t) function c_schedule_create_list(times, count, schedule) bind(c, name="pde_schedule_create_list")
      import; implicit none
      real(c_double), intent(in) :: times(*)
      integer(c_int64_t), value :: count
      type(c_ptr), intent(out) :: schedule
    end function
    integer(c_int32_t) function c_schedule_parse(text, schedule) bind(c, name="pde_schedule_parse")
      import; implicit none
      type(c_ptr), value :: text
      type(c_ptr), intent(out) :: schedule
    end function
    subroutine c_schedule_free(schedule) bind(c, name="pde_schedule_free")
      import; implicit none
      type(c_ptr), value :: schedule
    end subroutine

    integer(c_int32_t) function c_tracker_create(name, schedule, options, tracker) bind(c, name="pde_tracker_create")
      import; implicit none
      type(c_ptr), value :: name, schedule, options
      type(c_ptr), intent(out) :: tracker
    end function
    integer(c_int32_t) function c_tracker_create_storage(storage, schedule, sample, transform, user, destroy, options, &
        tracker) bind(c, name="pde_tracker_create_storage")
      import; implicit none
      type(c_ptr), value :: storage, schedule, sample, user, options
      type(c_funptr), value :: transform, destroy
      type(c_ptr), intent(out) :: tracker
    end function
    integer(c_int32_t) function c_tracker_create_data(columns, schedule, measure, user, destroy, options, tracker) &
        bind(c, name="pde_tracker_create_data")
      import; implicit none
      type(c_ptr), value :: columns, schedule, user, options
      type(c_funptr), value :: measure, destroy
      type(c_ptr), intent(out) :: tracker
    end function
    integer(c_int32_t) function c_tracker_create_steady_state(schedule, rate, user, destroy, options, tracker) &
        bind(c, name="pde_tracker_create_steady_state")
      import; implicit none
      type(c_ptr), value :: schedule, user, options
      type(c_funptr), value :: rate, destroy
      type(c_ptr), intent(out) :: tracker
    end function
    integer(c_int32_t) function c_tracker_data_length(tracker, length) bind(c, name="pde_tracker_data_length")
      import; implicit none
      type(c_ptr), value :: tracker
      integer(c_int64_t), intent(inout) :: length
    end function
    integer(c_int32_t) function c_tracker_data_read(tracker, first, count, rows, size) &
        bind(c, name="pde_tracker_data_read")
      import; implicit none
      type(c_ptr), value :: tracker
      integer(c_int64_t), value :: first, count, size
      real(c_double), intent(inout) :: rows(*)
    end function
    subroutine c_tracker_free(tracker) bind(c, name="pde_tracker_free")
      import; implicit none
      type(c_ptr), value :: tracker
    end subroutine

    integer(c_int32_t) function c_controller_create(trackers, count, options, controller) &
        bind(c, name="pde_controller_create")
      import; implicit none
      type(c_ptr), intent(in) :: trackers(*)
      integer(c_int64_t), value :: count
      type(c_ptr), value :: options
      type(c_ptr), intent(out) :: controller
    end function
    integer(c_int32_t) function c_controller_resume(controller, from, state, t) bind(c, name="pde_controller_resume")
      import; implicit none
      type(c_ptr), value :: controller, from, state
      real(c_double), intent(inout) :: t
    end function
    integer(c_int32_t) function c_controller_remove(controller, tracker) bind(c, name="pde_controller_remove")
      import; implicit none
      type(c_ptr), value :: controller, tracker
    end function
    integer(c_int32_t) function c_controller_set_step(controller, dt) bind(c, name="pde_controller_set_step")
      import; implicit none
      type(c_ptr), value :: controller
      real(c_double), value :: dt
    end function
    integer(c_int32_t) function c_controller_start(controller, state, t_start, t_end, t_next) &
        bind(c, name="pde_controller_start")
      import; implicit none
      type(c_ptr), value :: controller, state
      real(c_double), value :: t_start, t_end
      real(c_double), intent(inout) :: t_next
    end function
    integer(c_int32_t) function c_controller_due(controller, t, due) bind(c, name="pde_controller_due")
      import; implicit none
      type(c_ptr), value :: controller
      real(c_double), value :: t
      integer(c_int32_t), intent(inout) :: due
    end function
    integer(c_int32_t) function c_controller_handle(controller, state, t, t_next) bind(c, name="pde_controller_handle")
      import; implicit none
      type(c_ptr), value :: controller, state
      real(c_double), value :: t
      real(c_double), intent(inout) :: t_next
    end function
    integer(c_int32_t) function c_controller_stop(controller) bind(c, name="pde_controller_stop")
      import; implicit none
      type(c_ptr), value :: controller
    end function
    integer(c_int32_t) function c_controller_finish(controller, state, t) bind(c, name="pde_controller_finish")
      import; implicit none
      type(c_ptr), value :: controller, state
      real(c_double), value :: t
    end function
    integer(c_int32_t) function c_controller_info(controller, json) bind(c, name="pde_controller_info")
      import; implicit none
      type(c_ptr), value :: controller
      type(c_ptr), intent(inout) :: json
    end function
    subroutine c_controller_free(controller) bind(c, name="pde_controller_free")
      import; implicit none
      type(c_ptr), value :: controller
    end subroutine

    integer(c_int32_t) function c_operator_create(grid, name, options, op) bind(c, name="pde_operator_create")
      import; implicit none
      type(c_ptr), value :: grid, name, options
      type(c_ptr), intent(out) :: op
    end function
    integer(c_int32_t) function c_operator_apply(op, in, time, out) bind(c, name="pde_operator_apply")
      import; implicit none
      type(c_ptr), value :: op, in, out
      real(c_double), value :: time
    end function
    subroutine c_operator_free(op) bind(c, name="pde_operator_free")
      import; implicit none
      type(c_ptr), value :: op
    end subroutine
    integer(c_int32_t) function c_equation_create(name, options, equation) bind(c, name="pde_equation_create")
      import; implicit none
      type(c_ptr), value :: name, options
      type(c_ptr), intent(out) :: equation
    end function
    integer(c_int32_t) function c_equation_create_custom(rate, user, destroy, options, equation) &
        bind(c, name="pde_equation_create_custom")
      import; implicit none
      type(c_funptr), value :: rate, destroy
      type(c_ptr), value :: user, options
      type(c_ptr), intent(out) :: equation
    end function
    integer(c_int32_t) function c_equation_initial_state(equation, grid, seed, field) &
        bind(c, name="pde_equation_initial_state")
      import; implicit none
      type(c_ptr), value :: equation, grid
      integer(c_int64_t), value :: seed
      type(c_ptr), intent(out) :: field
    end function
    subroutine c_equation_free(equation) bind(c, name="pde_equation_free")
      import; implicit none
      type(c_ptr), value :: equation
    end subroutine
    integer(c_int32_t) function c_solve(equation, state, t_start, t_end, options, controller, t) &
        bind(c, name="pde_solve")
      import; implicit none
      type(c_ptr), value :: equation, state, options, controller
      real(c_double), value :: t_start, t_end
      real(c_double), intent(inout) :: t
    end function
  end interface

contains

  ! ---- what all procedures share

  ! Hands the outcome on: to the caller if it wants to know, else a failure ends the program.
  subroutine settle(status, ierr)
    integer(int32), intent(in) :: status
    integer(int32), intent(out), optional :: ierr
    if (present(ierr)) then
      ierr = min(status, PDE_OK)
    else if (status < PDE_OK) then
      write (error_unit, "(4a)") "pde: ", pde_status_name(status), ": ", pde_error_message()
      error stop 1
    end if
  end subroutine

  ! The address of a text for C, or NULL if there is no text. It lives in `buffer`.
  function c_text(text, buffer) result(address)
    character(*), intent(in), optional :: text
    character(kind=c_char), allocatable, target, intent(out) :: buffer(:)
    type(c_ptr) :: address
    integer :: i, length
    address = c_null_ptr
    if (.not. present(text)) return
    length = len_trim(text)
    allocate (buffer(length + 1))
    do i = 1, length
      buffer(i) = text(i:i)
    end do
    buffer(length + 1) = c_null_char
    address = c_loc(buffer)
  end function

  ! A text of C; not allocated if it is NULL.
  function f_text(address) result(text)
    type(c_ptr), intent(in) :: address
    character(:), allocatable :: text
    character(kind=c_char), pointer :: chars(:)
    integer :: i, length
    if (.not. c_associated(address)) return
    length = int(c_strlen(address))
    call c_f_pointer(address, chars, [length])
    allocate (character(length) :: text)
    do i = 1, length
      text(i:i) = chars(i)
    end do
  end function

  integer(int32) function fail(status, message)
    integer(int32), intent(in) :: status
    character(*), intent(in) :: message
    character(kind=c_char), allocatable, target :: buffer(:)
    fail = c_error_set(status, c_text(message, buffer))
  end function

  type(c_ptr) function options_or_null(options)
    type(pde_options), intent(in), optional :: options
    options_or_null = c_null_ptr
    if (present(options)) options_or_null = options%handle
  end function

  type(c_ptr) function schedule_or_null(schedule)
    type(pde_schedule), intent(in), optional :: schedule
    schedule_or_null = c_null_ptr
    if (present(schedule)) schedule_or_null = schedule%handle
  end function

  ! ---- base

  function pde_version_string() result(text)
    character(:), allocatable :: text
    text = f_text(c_version_string())
  end function

  integer(int32) function pde_version_number()
    pde_version_number = c_version_number()
  end function

  function pde_status_name(status) result(text)
    integer(int32), intent(in) :: status
    character(:), allocatable :: text
    text = f_text(c_status_name(status))
  end function

  function pde_error_message() result(text)
    character(:), allocatable :: text
    text = f_text(c_error_message())
  end function

  ! ---- options

  subroutine pde_options_create(options, ierr)
    type(pde_options), intent(out) :: options
    integer(int32), intent(out), optional :: ierr
    call settle(c_options_create(options%handle), ierr)
  end subroutine

  subroutine set_text(options, key, value, ierr)
    type(pde_options), intent(in) :: options
    character(*), intent(in) :: key, value
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: key_text(:), value_text(:)
    call settle(c_options_set(options%handle, c_text(key, key_text), c_text(value, value_text)), ierr)
  end subroutine

  subroutine set_int64(options, key, value, ierr)
    type(pde_options), intent(in) :: options
    character(*), intent(in) :: key
    integer(int64), intent(in) :: value
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_options_set_int(options%handle, c_text(key, text), value), ierr)
  end subroutine

  subroutine set_int32(options, key, value, ierr)
    type(pde_options), intent(in) :: options
    character(*), intent(in) :: key
    integer(int32), intent(in) :: value
    integer(int32), intent(out), optional :: ierr
    call set_int64(options, key, int(value, int64), ierr)
  end subroutine

  subroutine set_real(options, key, value, ierr)
    type(pde_options), intent(in) :: options
    character(*), intent(in) :: key
    real(real64), intent(in) :: value
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_options_set_real(options%handle, c_text(key, text), value), ierr)
  end subroutine

  subroutine set_logical(options, key, value, ierr)
    type(pde_options), intent(in) :: options
    character(*), intent(in) :: key
    logical, intent(in) :: value
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_options_set_bool(options%handle, c_text(key, text), merge(1_int32, 0_int32, value)), ierr)
  end subroutine

  subroutine set_reals(options, key, values, ierr)
    type(pde_options), intent(in) :: options
    character(*), intent(in) :: key
    real(real64), intent(in) :: values(:)
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_options_set_reals(options%handle, c_text(key, text), values, size(values, kind=int64)), ierr)
  end subroutine

  subroutine pde_options_parse(options, text, ierr)
    type(pde_options), intent(in) :: options
    character(*), intent(in) :: text
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: buffer(:)
    call settle(c_options_parse(options%handle, c_text(text, buffer)), ierr)
  end subroutine

  subroutine pde_options_free(options)
    type(pde_options), intent(inout) :: options
    call c_options_free(options%handle)
    options%handle = c_null_ptr
  end subroutine

  ! ---- grids

  subroutine create_unit_int64(shape, grid, periodic, ierr)
    integer(int64), intent(in) :: shape(:)
    type(pde_grid), intent(out) :: grid
    logical, intent(in), optional :: periodic(:) ! none of them, if left out
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: flags(size(shape)), status
    status = flags_of(periodic, flags)
    if (status == PDE_OK) status = c_grid_create_unit(size(shape, kind=int32), shape, flags, grid%handle)
    call settle(status, ierr)
  end subroutine

  subroutine create_unit_int32(shape, grid, periodic, ierr)
    integer(int32), intent(in) :: shape(:)
    type(pde_grid), intent(out) :: grid
    logical, intent(in), optional :: periodic(:)
    integer(int32), intent(out), optional :: ierr
    call create_unit_int64(int(shape, int64), grid, periodic, ierr)
  end subroutine

  subroutine create_cartesian_int64(lower, upper, shape, grid, periodic, ierr)
    real(real64), intent(in) :: lower(:), upper(:)
    integer(int64), intent(in) :: shape(:)
    type(pde_grid), intent(out) :: grid
    logical, intent(in), optional :: periodic(:) ! none of them, if left out
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: flags(size(shape)), status
    status = flags_of(periodic, flags)
    if (size(lower) /= size(shape) .or. size(upper) /= size(shape)) then
      status = fail(PDE_ERR_SHAPE, "lower, upper and shape: expected one entry for each axis in all of them")
    end if
    if (status == PDE_OK) then
      status = c_grid_create_cartesian(size(shape, kind=int32), lower, upper, shape, flags, grid%handle)
    end if
    call settle(status, ierr)
  end subroutine

  subroutine create_cartesian_int32(lower, upper, shape, grid, periodic, ierr)
    real(real64), intent(in) :: lower(:), upper(:)
    integer(int32), intent(in) :: shape(:)
    type(pde_grid), intent(out) :: grid
    logical, intent(in), optional :: periodic(:)
    integer(int32), intent(out), optional :: ierr
    call create_cartesian_int64(lower, upper, int(shape, int64), grid, periodic, ierr)
  end subroutine

  subroutine create_polar_int64(r_inner, r_outer, count, grid, ierr)
    real(real64), intent(in) :: r_inner, r_outer
    integer(int64), intent(in) :: count
    type(pde_grid), intent(out) :: grid
    integer(int32), intent(out), optional :: ierr
    call settle(c_grid_create_polar(r_inner, r_outer, count, grid%handle), ierr)
  end subroutine

  subroutine create_polar_int32(r_inner, r_outer, count, grid, ierr)
    real(real64), intent(in) :: r_inner, r_outer
    integer(int32), intent(in) :: count
    type(pde_grid), intent(out) :: grid
    integer(int32), intent(out), optional :: ierr
    call create_polar_int64(r_inner, r_outer, int(count, int64), grid, ierr)
  end subroutine

  subroutine create_spherical_int64(r_inner, r_outer, count, grid, ierr)
    real(real64), intent(in) :: r_inner, r_outer
    integer(int64), intent(in) :: count
    type(pde_grid), intent(out) :: grid
    integer(int32), intent(out), optional :: ierr
    call settle(c_grid_create_spherical(r_inner, r_outer, count, grid%handle), ierr)
  end subroutine

  subroutine create_spherical_int32(r_inner, r_outer, count, grid, ierr)
    real(real64), intent(in) :: r_inner, r_outer
    integer(int32), intent(in) :: count
    type(pde_grid), intent(out) :: grid
    integer(int32), intent(out), optional :: ierr
    call create_spherical_int64(r_inner, r_outer, int(count, int64), grid, ierr)
  end subroutine

  subroutine create_cylindrical_int64(r_inner, r_outer, z_lower, z_upper, count_r, count_z, grid, periodic_z, ierr)
    real(real64), intent(in) :: r_inner, r_outer, z_lower, z_upper
    integer(int64), intent(in) :: count_r, count_z
    type(pde_grid), intent(out) :: grid
    logical, intent(in), optional :: periodic_z ! it is not, if left out
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: flag
    flag = 0
    if (present(periodic_z)) flag = merge(1_int32, 0_int32, periodic_z)
    call settle(c_grid_create_cylindrical(r_inner, r_outer, z_lower, z_upper, count_r, count_z, flag, grid%handle), ierr)
  end subroutine

  subroutine create_cylindrical_int32(r_inner, r_outer, z_lower, z_upper, count_r, count_z, grid, periodic_z, ierr)
    real(real64), intent(in) :: r_inner, r_outer, z_lower, z_upper
    integer(int32), intent(in) :: count_r, count_z
    type(pde_grid), intent(out) :: grid
    logical, intent(in), optional :: periodic_z
    integer(int32), intent(out), optional :: ierr
    call create_cylindrical_int64(r_inner, r_outer, z_lower, z_upper, int(count_r, int64), int(count_z, int64), grid, &
      periodic_z, ierr)
  end subroutine

  integer(int32) function flags_of(periodic, flags) result(status)
    logical, intent(in), optional :: periodic(:)
    integer(int32), intent(out) :: flags(:)
    status = PDE_OK
    flags = 0
    if (.not. present(periodic)) return
    if (size(periodic) == size(flags)) then
      flags = merge(1_int32, 0_int32, periodic)
    else
      status = fail(PDE_ERR_SHAPE, "periodic: expected one entry for each axis")
    end if
  end function

  subroutine pde_grid_parse(json, grid, ierr)
    character(*), intent(in) :: json
    type(pde_grid), intent(out) :: grid
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_grid_parse(c_text(json, text), grid%handle), ierr)
  end subroutine

  subroutine pde_grid_text(grid, json, ierr)
    type(pde_grid), intent(in) :: grid
    character(:), allocatable, intent(out) :: json
    integer(int32), intent(out), optional :: ierr
    type(c_ptr) :: text
    integer(int32) :: status
    text = c_null_ptr
    status = c_grid_text(grid%handle, text)
    if (status == PDE_OK) json = f_text(text)
    call settle(status, ierr)
  end subroutine

  subroutine pde_grid_ndim(grid, ndim, ierr)
    type(pde_grid), intent(in) :: grid
    integer(int32), intent(inout) :: ndim
    integer(int32), intent(out), optional :: ierr
    call settle(c_grid_ndim(grid%handle, ndim), ierr)
  end subroutine

  subroutine pde_grid_shape(grid, shape, ierr)
    type(pde_grid), intent(in) :: grid
    integer(int64), intent(inout) :: shape(:)
    integer(int32), intent(out), optional :: ierr
    call settle(c_grid_shape(grid%handle, shape, size(shape, kind=int64)), ierr)
  end subroutine

  subroutine pde_grid_bounds(grid, lower, upper, ierr)
    type(pde_grid), intent(in) :: grid
    real(real64), intent(inout) :: lower(:), upper(:)
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: status
    if (size(lower) == size(upper)) then
      status = c_grid_bounds(grid%handle, lower, upper, size(lower, kind=int64))
    else
      status = fail(PDE_ERR_SHAPE, "lower and upper: expected one entry for each axis in both")
    end if
    call settle(status, ierr)
  end subroutine

  subroutine pde_grid_periodic(grid, periodic, ierr)
    type(pde_grid), intent(in) :: grid
    logical, intent(inout) :: periodic(:)
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: flags(size(periodic)), status
    status = c_grid_periodic(grid%handle, flags, size(flags, kind=int64))
    if (status == PDE_OK) periodic = flags == 1
    call settle(status, ierr)
  end subroutine

  ! The cell centres along one dimension of the array, from 1.
  subroutine pde_grid_coordinates(grid, dim, centres, ierr)
    type(pde_grid), intent(in) :: grid
    integer, intent(in) :: dim
    real(real64), intent(inout) :: centres(:)
    integer(int32), intent(out), optional :: ierr
    call settle(c_grid_coordinates(grid%handle, int(dim - 1, int32), centres, size(centres, kind=int64)), ierr)
  end subroutine

  subroutine pde_grid_free(grid)
    type(pde_grid), intent(inout) :: grid
    call c_grid_free(grid%handle)
    grid%handle = c_null_ptr
  end subroutine

  ! ---- fields

  subroutine pde_field_create(grid, rank, dtype, field, label, ierr)
    type(pde_grid), intent(in) :: grid
    integer(int32), intent(in) :: rank, dtype
    type(pde_field), intent(out) :: field
    character(*), intent(in), optional :: label
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_field_create(grid%handle, rank, dtype, c_text(label, text), field%handle), ierr)
  end subroutine

  ! Wrapping. The array must have the target attribute (or be a pointer) and stay where it is; a section such as
  ! u(1:nx, 1:ny) leaves its halo alone. Being assumed-shape, the dummy is the array itself, never a copy of a section.

  subroutine wrap_1(grid, rank, data, field, label, ierr)
    type(pde_grid), intent(in) :: grid
    integer(int32), intent(in) :: rank
    real(real64), intent(inout), target :: data(:)
    type(pde_field), intent(out) :: field
    character(*), intent(in), optional :: label
    integer(int32), intent(out), optional :: ierr
    call wrap(grid, rank, layout_1(data), field, label, ierr)
  end subroutine

  subroutine wrap_2(grid, rank, data, field, label, ierr)
    type(pde_grid), intent(in) :: grid
    integer(int32), intent(in) :: rank
    real(real64), intent(inout), target :: data(:, :)
    type(pde_field), intent(out) :: field
    character(*), intent(in), optional :: label
    integer(int32), intent(out), optional :: ierr
    call wrap(grid, rank, layout_2(data), field, label, ierr)
  end subroutine

  subroutine wrap_3(grid, rank, data, field, label, ierr)
    type(pde_grid), intent(in) :: grid
    integer(int32), intent(in) :: rank
    real(real64), intent(inout), target :: data(:, :, :)
    type(pde_field), intent(out) :: field
    character(*), intent(in), optional :: label
    integer(int32), intent(out), optional :: ierr
    call wrap(grid, rank, layout_3(data), field, label, ierr)
  end subroutine

  subroutine wrap_4(grid, rank, data, field, label, ierr)
    type(pde_grid), intent(in) :: grid
    integer(int32), intent(in) :: rank
    real(real64), intent(inout), target :: data(:, :, :, :)
    type(pde_field), intent(out) :: field
    character(*), intent(in), optional :: label
    integer(int32), intent(out), optional :: ierr
    call wrap(grid, rank, layout_4(data), field, label, ierr)
  end subroutine

  subroutine wrap(grid, rank, where, field, label, ierr)
    type(pde_grid), intent(in) :: grid
    integer(int32), intent(in) :: rank
    type(layout), intent(in) :: where
    type(pde_field), intent(inout) :: field
    character(*), intent(in), optional :: label
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    integer(int32) :: status
    status = c_field_wrap(grid%handle, rank, PDE_FLOAT64, c_text(label, text), where%first, where%strides, field%handle)
    if (status == PDE_OK) status = check_layout(field, where)
    if (status < PDE_OK) call pde_field_free(field)
    call settle(status, ierr)
  end subroutine

  subroutine rebind_1(field, data, ierr)
    type(pde_field), intent(in) :: field
    real(real64), intent(inout), target :: data(:)
    integer(int32), intent(out), optional :: ierr
    call rebind(field, layout_1(data), ierr)
  end subroutine

  subroutine rebind_2(field, data, ierr)
    type(pde_field), intent(in) :: field
    real(real64), intent(inout), target :: data(:, :)
    integer(int32), intent(out), optional :: ierr
    call rebind(field, layout_2(data), ierr)
  end subroutine

  subroutine rebind_3(field, data, ierr)
    type(pde_field), intent(in) :: field
    real(real64), intent(inout), target :: data(:, :, :)
    integer(int32), intent(out), optional :: ierr
    call rebind(field, layout_3(data), ierr)
  end subroutine

  subroutine rebind_4(field, data, ierr)
    type(pde_field), intent(in) :: field
    real(real64), intent(inout), target :: data(:, :, :, :)
    integer(int32), intent(out), optional :: ierr
    call rebind(field, layout_4(data), ierr)
  end subroutine

  subroutine rebind(field, where, ierr)
    type(pde_field), intent(in) :: field
    type(layout), intent(in) :: where
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: status
    status = check_layout(field, where)
    if (status == PDE_OK) status = c_field_rebind(field%handle, where%first)
    call settle(status, ierr)
  end subroutine

  function layout_1(data) result(where)
    real(real64), intent(inout), target :: data(:)
    type(layout) :: where
    if (size(data) == 0) return
    where = layout_of(shape(data), c_loc(data(1)), [c_loc(data(min(2, size(data, 1))))])
  end function

  function layout_2(data) result(where)
    real(real64), intent(inout), target :: data(:, :)
    type(layout) :: where
    if (size(data) == 0) return
    where = layout_of(shape(data), c_loc(data(1, 1)), [ &
      c_loc(data(min(2, size(data, 1)), 1)), &
      c_loc(data(1, min(2, size(data, 2))))])
  end function

  function layout_3(data) result(where)
    real(real64), intent(inout), target :: data(:, :, :)
    type(layout) :: where
    if (size(data) == 0) return
    where = layout_of(shape(data), c_loc(data(1, 1, 1)), [ &
      c_loc(data(min(2, size(data, 1)), 1, 1)), &
      c_loc(data(1, min(2, size(data, 2)), 1)), &
      c_loc(data(1, 1, min(2, size(data, 3))))])
  end function

  function layout_4(data) result(where)
    real(real64), intent(inout), target :: data(:, :, :, :)
    type(layout) :: where
    if (size(data) == 0) return
    where = layout_of(shape(data), c_loc(data(1, 1, 1, 1)), [ &
      c_loc(data(min(2, size(data, 1)), 1, 1, 1)), &
      c_loc(data(1, min(2, size(data, 2)), 1, 1)), &
      c_loc(data(1, 1, min(2, size(data, 3)), 1)), &
      c_loc(data(1, 1, 1, min(2, size(data, 4))))])
  end function

  ! The strides of an array, in elements, from the addresses of its first element and of the next one along each
  ! dimension (the first again, where there is no other).
  function layout_of(shape, first, next) result(where)
    integer, intent(in) :: shape(:)
    type(c_ptr), intent(in) :: first, next(:)
    type(layout) :: where
    integer(c_intptr_t), parameter :: bytes = storage_size(0.0_real64) / 8
    integer :: k
    where%first = first
    where%ndim = size(shape)
    where%shape(:where%ndim) = shape
    do k = 1, where%ndim
      where%strides(k) = (transfer(next(k), 0_c_intptr_t) - transfer(first, 0_c_intptr_t)) / bytes
    end do
  end function

  ! Whether a field has just this layout. C knows nothing of the extents of an array, so it could not tell.
  integer(int32) function check_layout(field, where) result(status)
    type(pde_field), intent(in) :: field
    type(layout), intent(in) :: where
    integer(c_int64_t) :: shape(5), strides(5)
    integer(c_int32_t) :: ndim
    type(c_ptr) :: data
    ndim = 0
    shape = 1
    strides = 1
    status = c_field_ndim(field%handle, ndim)
    if (status == PDE_OK) status = c_field_shape(field%handle, shape, int(ndim, int64))
    if (status == PDE_OK) status = c_field_data_const(field%handle, PDE_FLOAT64, data, strides, int(ndim, int64))
    if (status /= PDE_OK) return
    if (ndim /= where%ndim .or. any(shape /= where%shape)) then
      status = fail(PDE_ERR_SHAPE, "array of shape "//listed(where%shape(:where%ndim))// &
        ": expected the shape of the field, "//listed(shape(:ndim)))
    else if (any(strides /= where%strides .and. shape > 1)) then
      status = fail(PDE_ERR_SHAPE, "array with strides "//listed(where%strides(:where%ndim))// &
        ": expected those of the field, "//listed(strides(:ndim)))
    end if
  end function

  function listed(numbers) result(text)
    integer(c_int64_t), intent(in) :: numbers(:)
    character(:), allocatable :: text
    character(120) :: line
    write (line, "(*(i0, :, ', '))") numbers
    text = "["//trim(line)//"]"
  end function

  subroutine pde_field_collection_create(fields, collection, label, ierr)
    type(pde_field), intent(in) :: fields(:)
    type(pde_field), intent(out) :: collection
    character(*), intent(in), optional :: label
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    type(c_ptr) :: handles(size(fields))
    handles = fields%handle
    call settle(c_field_collection_create(handles, size(fields, kind=int64), c_text(label, text), &
      collection%handle), ierr)
  end subroutine

  subroutine pde_field_assign(into, from, ierr)
    type(pde_field), intent(in) :: into, from
    integer(int32), intent(out), optional :: ierr
    call settle(c_field_assign(into%handle, from%handle), ierr)
  end subroutine

  subroutine pde_field_grid(field, grid, ierr)
    type(pde_field), intent(in) :: field
    type(pde_grid), intent(out) :: grid
    integer(int32), intent(out), optional :: ierr
    call settle(c_field_grid(field%handle, grid%handle), ierr)
  end subroutine

  subroutine pde_field_fill(field, value, ierr)
    type(pde_field), intent(in) :: field
    real(real64), intent(in) :: value
    integer(int32), intent(out), optional :: ierr
    call settle(c_field_fill(field%handle, value, 0.0_real64), ierr)
  end subroutine

  subroutine fill_random_int64(field, kind, seed, a, b, ierr)
    type(pde_field), intent(in) :: field
    character(*), intent(in) :: kind
    integer(int64), intent(in) :: seed
    real(real64), intent(in) :: a, b
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_field_fill_random(field%handle, c_text(kind, text), seed, a, b), ierr)
  end subroutine

  subroutine fill_random_int32(field, kind, seed, a, b, ierr)
    type(pde_field), intent(in) :: field
    character(*), intent(in) :: kind
    integer(int32), intent(in) :: seed
    real(real64), intent(in) :: a, b
    integer(int32), intent(out), optional :: ierr
    call fill_random_int64(field, kind, int(seed, int64), a, b, ierr)
  end subroutine

  subroutine pde_field_average(field, values, ierr)
    type(pde_field), intent(in) :: field
    real(real64), intent(inout) :: values(:)
    integer(int32), intent(out), optional :: ierr
    call settle(c_field_average(field%handle, values, size(values, kind=int64)), ierr)
  end subroutine

  subroutine pde_field_statistic(field, name, values, ierr)
    type(pde_field), intent(in) :: field
    character(*), intent(in) :: name
    real(real64), intent(inout) :: values(:)
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_field_statistic(field%handle, c_text(name, text), values, size(values, kind=int64)), ierr)
  end subroutine

  subroutine pde_field_plot(field, path, options, ierr)
    type(pde_field), intent(in) :: field
    character(*), intent(in) :: path
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_field_plot(field%handle, c_text(path, text), options_or_null(options)), ierr)
  end subroutine

  subroutine pde_field_free(field)
    type(pde_field), intent(inout) :: field
    call c_field_free(field%handle)
    field%handle = c_null_ptr
  end subroutine

  ! ---- storages

  subroutine pde_storage_open(uri, storage, mode, options, ierr)
    character(*), intent(in) :: uri
    type(pde_storage), intent(out) :: storage
    character(*), intent(in), optional :: mode ! "create", if left out
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: uri_text(:), mode_text(:)
    call settle(c_storage_open(c_text(uri, uri_text), c_text(mode, mode_text), options_or_null(options), &
      storage%handle), ierr)
  end subroutine

  subroutine pde_storage_start(storage, sample, info, ierr)
    type(pde_storage), intent(in) :: storage
    type(pde_field), intent(in) :: sample
    character(*), intent(in), optional :: info
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_storage_start(storage%handle, sample%handle, c_text(info, text)), ierr)
  end subroutine

  subroutine pde_storage_append(storage, field, time, ierr)
    type(pde_storage), intent(in) :: storage
    type(pde_field), intent(in) :: field
    real(real64), intent(in) :: time
    integer(int32), intent(out), optional :: ierr
    call settle(c_storage_append(storage%handle, field%handle, time), ierr)
  end subroutine

  subroutine pde_storage_flush(storage, ierr)
    type(pde_storage), intent(in) :: storage
    integer(int32), intent(out), optional :: ierr
    call settle(c_storage_flush(storage%handle), ierr)
  end subroutine

  subroutine pde_storage_finish(storage, ierr)
    type(pde_storage), intent(in) :: storage
    integer(int32), intent(out), optional :: ierr
    call settle(c_storage_finish(storage%handle), ierr)
  end subroutine

  subroutine pde_storage_close(storage, ierr)
    type(pde_storage), intent(inout) :: storage
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: status
    status = c_storage_close(storage%handle)
    if (status /= PDE_ERR_BUSY) storage%handle = c_null_ptr
    call settle(status, ierr)
  end subroutine

  subroutine pde_storage_length(storage, length, ierr)
    type(pde_storage), intent(in) :: storage
    integer(int64), intent(inout) :: length
    integer(int32), intent(out), optional :: ierr
    call settle(c_storage_length(storage%handle, length), ierr)
  end subroutine

  subroutine pde_storage_committed(storage, length, ierr)
    type(pde_storage), intent(in) :: storage
    integer(int64), intent(inout) :: length
    integer(int32), intent(out), optional :: ierr
    call settle(c_storage_committed(storage%handle, length), ierr)
  end subroutine

  ! The times of as many snapshots as fit into `times`, from number `first` on.
  subroutine times_int64(storage, first, times, ierr)
    type(pde_storage), intent(in) :: storage
    integer(int64), intent(in) :: first
    real(real64), intent(inout) :: times(:)
    integer(int32), intent(out), optional :: ierr
    call settle(c_storage_times(storage%handle, first, size(times, kind=int64), times), ierr)
  end subroutine

  subroutine times_int32(storage, first, times, ierr)
    type(pde_storage), intent(in) :: storage
    integer(int32), intent(in) :: first
    real(real64), intent(inout) :: times(:)
    integer(int32), intent(out), optional :: ierr
    call times_int64(storage, int(first, int64), times, ierr)
  end subroutine

  subroutine pde_storage_sample(storage, field, ierr)
    type(pde_storage), intent(in) :: storage
    type(pde_field), intent(out) :: field
    integer(int32), intent(out), optional :: ierr
    call settle(c_storage_sample(storage%handle, field%handle), ierr)
  end subroutine

  subroutine read_int64(storage, index, into, ierr)
    type(pde_storage), intent(in) :: storage
    integer(int64), intent(in) :: index
    type(pde_field), intent(in) :: into
    integer(int32), intent(out), optional :: ierr
    call settle(c_storage_read(storage%handle, index, into%handle), ierr)
  end subroutine

  subroutine read_int32(storage, index, into, ierr)
    type(pde_storage), intent(in) :: storage
    integer(int32), intent(in) :: index
    type(pde_field), intent(in) :: into
    integer(int32), intent(out), optional :: ierr
    call read_int64(storage, int(index, int64), into, ierr)
  end subroutine

  ! Not allocated afterwards if there is no such entry.
  subroutine pde_storage_info(storage, json, key, ierr)
    type(pde_storage), intent(in) :: storage
    character(:), allocatable, intent(out) :: json
    character(*), intent(in), optional :: key
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: buffer(:)
    type(c_ptr) :: text
    integer(int32) :: status
    text = c_null_ptr
    status = c_storage_info(storage%handle, c_text(key, buffer), text)
    if (status == PDE_OK .and. c_associated(text)) json = f_text(text)
    call settle(status, ierr)
  end subroutine

  subroutine pde_storage_set_info(storage, key, json, ierr)
    type(pde_storage), intent(in) :: storage
    character(*), intent(in) :: key
    character(*), intent(in), optional :: json ! left out: the entry goes
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: key_text(:), json_text(:)
    call settle(c_storage_set_info(storage%handle, c_text(key, key_text), c_text(json, json_text)), ierr)
  end subroutine

  subroutine pde_storage_statistics(storage, json, ierr)
    type(pde_storage), intent(in) :: storage
    character(:), allocatable, intent(out) :: json
    integer(int32), intent(out), optional :: ierr
    type(c_ptr) :: text
    integer(int32) :: status
    text = c_null_ptr
    status = c_storage_statistics(storage%handle, text)
    if (status == PDE_OK) json = f_text(text)
    call settle(status, ierr)
  end subroutine

  ! ---- schedules

  subroutine pde_schedule_create_constant(interval, t_start, schedule, ierr)
    real(real64), intent(in) :: interval, t_start
    type(pde_schedule), intent(out) :: schedule
    integer(int32), intent(out), optional :: ierr
    call settle(c_schedule_create_constant(interval, t_start, schedule%handle), ierr)
  end subroutine

  subroutine pde_schedule_create_list(times, schedule, ierr)
    real(real64), intent(in) :: times(:)
    type(pde_schedule), intent(out) :: schedule
    integer(int32), intent(out), optional :: ierr
    call settle(c_schedule_create_list(times, size(times, kind=int64), schedule%handle), ierr)
  end subroutine

  subroutine pde_schedule_parse(text, schedule, ierr)
    character(*), intent(in) :: text
    type(pde_schedule), intent(out) :: schedule
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: buffer(:)
    call settle(c_schedule_parse(c_text(text, buffer), schedule%handle), ierr)
  end subroutine

  subroutine pde_schedule_free(schedule)
    type(pde_schedule), intent(inout) :: schedule
    call c_schedule_free(schedule%handle)
    schedule%handle = c_null_ptr
  end subroutine

  ! ---- trackers

  subroutine pde_tracker_create(name, tracker, schedule, options, ierr)
    character(*), intent(in) :: name
    type(pde_tracker), intent(out) :: tracker
    type(pde_schedule), intent(in), optional :: schedule
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_tracker_create(c_text(name, text), schedule_or_null(schedule), options_or_null(options), &
      tracker%handle), ierr)
  end subroutine

  subroutine pde_tracker_create_storage(storage, tracker, schedule, options, ierr)
    type(pde_storage), intent(in) :: storage
    type(pde_tracker), intent(out) :: tracker
    type(pde_schedule), intent(in), optional :: schedule
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    call settle(c_tracker_create_storage(storage%handle, schedule_or_null(schedule), c_null_ptr, c_null_funptr, &
      c_null_ptr, c_null_funptr, options_or_null(options), tracker%handle), ierr)
  end subroutine

  subroutine pde_tracker_create_data(columns, measure, tracker, schedule, options, ierr)
    character(*), intent(in) :: columns
    procedure(pde_measure) :: measure
    type(pde_tracker), intent(out) :: tracker
    type(pde_schedule), intent(in), optional :: schedule
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    type(measure_box), pointer :: box
    allocate (box)
    box%call => measure
    call settle(c_tracker_create_data(c_text(columns, text), schedule_or_null(schedule), c_funloc(call_measure), &
      c_loc(box), c_funloc(free_measure), options_or_null(options), tracker%handle), ierr)
  end subroutine

  integer(c_int32_t) function call_measure(state, time, values, count, user) result(status) bind(c, name="")
    type(c_ptr), value :: state, user
    real(c_double), value :: time
    integer(c_int64_t), value :: count
    real(c_double), intent(inout) :: values(count)
    type(measure_box), pointer :: box
    call c_f_pointer(user, box)
    status = PDE_OK
    call box%call(pde_field(state), time, values, status)
  end function

  subroutine free_measure(user) bind(c, name="")
    type(c_ptr), value :: user
    type(measure_box), pointer :: box
    call c_f_pointer(user, box)
    deallocate (box)
  end subroutine

  subroutine pde_tracker_create_steady_state(rate, tracker, schedule, options, ierr)
    procedure(pde_rate) :: rate
    type(pde_tracker), intent(out) :: tracker
    type(pde_schedule), intent(in), optional :: schedule
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    type(rate_box), pointer :: box
    allocate (box)
    box%call => rate
    call settle(c_tracker_create_steady_state(schedule_or_null(schedule), c_funloc(call_rate), c_loc(box), &
      c_funloc(free_rate), options_or_null(options), tracker%handle), ierr)
  end subroutine

  integer(c_int32_t) function call_rate(state, time, rate, user) result(status) bind(c, name="")
    type(c_ptr), value :: state, rate, user
    real(c_double), value :: time
    type(rate_box), pointer :: box
    call c_f_pointer(user, box)
    status = PDE_OK
    call box%call(pde_field(state), time, pde_field(rate), status)
  end function

  subroutine free_rate(user) bind(c, name="")
    type(c_ptr), value :: user
    type(rate_box), pointer :: box
    call c_f_pointer(user, box)
    deallocate (box)
  end subroutine

  subroutine pde_tracker_data_length(tracker, length, ierr)
    type(pde_tracker), intent(in) :: tracker
    integer(int64), intent(inout) :: length
    integer(int32), intent(out), optional :: ierr
    call settle(c_tracker_data_length(tracker%handle, length), ierr)
  end subroutine

  subroutine data_read_int64(tracker, first, rows, ierr)
    type(pde_tracker), intent(in) :: tracker
    integer(int64), intent(in) :: first
    real(real64), intent(inout) :: rows(:, :) ! (1 + columns, rows): the time and the values of each
    integer(int32), intent(out), optional :: ierr
    call settle(c_tracker_data_read(tracker%handle, first, size(rows, 2, int64), rows, size(rows, kind=int64)), ierr)
  end subroutine

  subroutine data_read_int32(tracker, first, rows, ierr)
    type(pde_tracker), intent(in) :: tracker
    integer(int32), intent(in) :: first
    real(real64), intent(inout) :: rows(:, :)
    integer(int32), intent(out), optional :: ierr
    call data_read_int64(tracker, int(first, int64), rows, ierr)
  end subroutine

  subroutine pde_tracker_free(tracker)
    type(pde_tracker), intent(inout) :: tracker
    call c_tracker_free(tracker%handle)
    tracker%handle = c_null_ptr
  end subroutine

  ! ---- the controller
  !
  ! The time loop of a solver:
  !
  !     call pde_controller_resume(run, storage, state, t, resumed) ! where a run that was cut is to go on
  !     call pde_controller_start(run, state, t, t_end, t_next, done)
  !     do while (.not. done)
  !       ... a step from t to t_next, or to an earlier time; t becomes that time
  !       call pde_field_rebind(state, u(1:nx, 1:ny))
  !       call pde_controller_handle(run, state, t, t_next, done)
  !     end do
  !     call pde_controller_finish(run, state, t)
  !
  ! `done` is true when C answers PDE_STOP, and after a failure.

  subroutine pde_controller_create(trackers, controller, options, ierr)
    type(pde_tracker), intent(in) :: trackers(:)
    type(pde_controller), intent(out) :: controller
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    type(c_ptr) :: handles(size(trackers))
    handles = trackers%handle
    call settle(c_controller_create(handles, size(trackers, kind=int64), options_or_null(options), &
      controller%handle), ierr)
  end subroutine

  !> Before start. `resumed` is false where there is nothing to go on from, and after a failure: t stays as it was.
  subroutine pde_controller_resume(controller, from, state, t, resumed, ierr)
    type(pde_controller), intent(in) :: controller
    type(pde_storage), intent(in) :: from
    type(pde_field), intent(in) :: state
    real(real64), intent(inout) :: t
    logical, intent(out) :: resumed
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: status
    status = c_controller_resume(controller%handle, from%handle, state%handle, t)
    resumed = status == PDE_OK
    call settle(status, ierr)
  end subroutine

  subroutine pde_controller_remove(controller, tracker, ierr)
    type(pde_controller), intent(in) :: controller
    type(pde_tracker), intent(in) :: tracker
    integer(int32), intent(out), optional :: ierr
    call settle(c_controller_remove(controller%handle, tracker%handle), ierr)
  end subroutine

  subroutine pde_controller_set_step(controller, dt, ierr)
    type(pde_controller), intent(in) :: controller
    real(real64), intent(in) :: dt
    integer(int32), intent(out), optional :: ierr
    call settle(c_controller_set_step(controller%handle, dt), ierr)
  end subroutine

  subroutine pde_controller_start(controller, state, t_start, t_end, t_next, done, ierr)
    type(pde_controller), intent(in) :: controller
    type(pde_field), intent(in) :: state
    real(real64), intent(in) :: t_start, t_end
    real(real64), intent(inout) :: t_next ! stays as it was when done
    logical, intent(out) :: done
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: status
    status = c_controller_start(controller%handle, state%handle, t_start, t_end, t_next)
    done = status /= PDE_OK
    call settle(status, ierr)
  end subroutine

  subroutine pde_controller_due(controller, t, due, ierr)
    type(pde_controller), intent(in) :: controller
    real(real64), intent(in) :: t
    logical, intent(out) :: due
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: flag
    flag = 0
    call settle(c_controller_due(controller%handle, t, flag), ierr)
    due = flag == 1
  end subroutine

  subroutine pde_controller_handle(controller, state, t, t_next, done, ierr)
    type(pde_controller), intent(in) :: controller
    type(pde_field), intent(in) :: state
    real(real64), intent(in) :: t
    real(real64), intent(inout) :: t_next ! stays as it was when done
    logical, intent(out) :: done
    integer(int32), intent(out), optional :: ierr
    integer(int32) :: status
    status = c_controller_handle(controller%handle, state%handle, t, t_next)
    done = status /= PDE_OK
    call settle(status, ierr)
  end subroutine

  subroutine pde_controller_stop(controller, ierr)
    type(pde_controller), intent(in) :: controller
    integer(int32), intent(out), optional :: ierr
    call settle(c_controller_stop(controller%handle), ierr)
  end subroutine

  subroutine pde_controller_finish(controller, state, t, ierr)
    type(pde_controller), intent(in) :: controller
    type(pde_field), intent(in) :: state
    real(real64), intent(in) :: t
    integer(int32), intent(out), optional :: ierr
    call settle(c_controller_finish(controller%handle, state%handle, t), ierr)
  end subroutine

  subroutine pde_controller_info(controller, json, ierr)
    type(pde_controller), intent(in) :: controller
    character(:), allocatable, intent(out) :: json
    integer(int32), intent(out), optional :: ierr
    type(c_ptr) :: text
    integer(int32) :: status
    text = c_null_ptr
    status = c_controller_info(controller%handle, text)
    if (status == PDE_OK) json = f_text(text)
    call settle(status, ierr)
  end subroutine

  subroutine pde_controller_free(controller)
    type(pde_controller), intent(inout) :: controller
    call c_controller_free(controller%handle)
    controller%handle = c_null_ptr
  end subroutine

  ! ---- the small solver

  subroutine pde_operator_create(grid, name, op, options, ierr)
    type(pde_grid), intent(in) :: grid
    character(*), intent(in) :: name
    type(pde_operator), intent(out) :: op
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_operator_create(grid%handle, c_text(name, text), options_or_null(options), op%handle), ierr)
  end subroutine

  subroutine pde_operator_apply(op, in, time, out, ierr)
    type(pde_operator), intent(in) :: op
    type(pde_field), intent(in) :: in, out
    real(real64), intent(in) :: time
    integer(int32), intent(out), optional :: ierr
    call settle(c_operator_apply(op%handle, in%handle, time, out%handle), ierr)
  end subroutine

  subroutine pde_operator_free(op)
    type(pde_operator), intent(inout) :: op
    call c_operator_free(op%handle)
    op%handle = c_null_ptr
  end subroutine

  subroutine pde_equation_create(name, equation, options, ierr)
    character(*), intent(in) :: name
    type(pde_equation), intent(out) :: equation
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    character(kind=c_char), allocatable, target :: text(:)
    call settle(c_equation_create(c_text(name, text), options_or_null(options), equation%handle), ierr)
  end subroutine

  subroutine pde_equation_create_custom(rate, equation, options, ierr)
    procedure(pde_rate) :: rate
    type(pde_equation), intent(out) :: equation
    type(pde_options), intent(in), optional :: options
    integer(int32), intent(out), optional :: ierr
    type(rate_box), pointer :: box
    allocate (box)
    box%call => rate
    call settle(c_equation_create_custom(c_funloc(call_rate), c_loc(box), c_funloc(free_rate), &
      options_or_null(options), equation%handle), ierr)
  end subroutine

  subroutine initial_state_int64(equation, grid, seed, field, ierr)
    type(pde_equation), intent(in) :: equation
    type(pde_grid), intent(in) :: grid
    integer(int64), intent(in) :: seed
    type(pde_field), intent(out) :: field
    integer(int32), intent(out), optional :: ierr
    call settle(c_equation_initial_state(equation%handle, grid%handle, seed, field%handle), ierr)
  end subroutine

  subroutine initial_state_int32(equation, grid, seed, field, ierr)
    type(pde_equation), intent(in) :: equation
    type(pde_grid), intent(in) :: grid
    integer(int32), intent(in) :: seed
    type(pde_field), intent(out) :: field
    integer(int32), intent(out), optional :: ierr
    call initial_state_int64(equation, grid, int(seed, int64), field, ierr)
  end subroutine

  subroutine pde_equation_free(equation)
    type(pde_equation), intent(inout) :: equation
    call c_equation_free(equation%handle)
    equation%handle = c_null_ptr
  end subroutine

  subroutine pde_solve(equation, state, t_start, t_end, options, controller, t, stopped, ierr)
    type(pde_equation), intent(in) :: equation
    type(pde_field), intent(in) :: state
    real(real64), intent(in) :: t_start, t_end
    type(pde_options), intent(in), optional :: options
    type(pde_controller), intent(in), optional :: controller
    real(real64), intent(inout), optional :: t ! where the run ended
    logical, intent(out), optional :: stopped  ! true when it ended early
    integer(int32), intent(out), optional :: ierr
    type(c_ptr) :: run
    real(real64) :: reached
    integer(int32) :: status
    run = c_null_ptr
    if (present(controller)) run = controller%handle
    reached = t_start
    status = c_solve(equation%handle, state%handle, t_start, t_end, options_or_null(options), run, reached)
    if (present(t) .and. status >= PDE_OK) t = reached
    if (present(stopped)) stopped = status == PDE_STOP
    call settle(status, ierr)
  end subroutine

end module pde
