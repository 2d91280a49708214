! Calls the module in ways that the example does not: every rank of array, sections and reversed arrays, wrong shapes,
! options of every type, text both ways, collections, failures with and without ierr.
!
!   fortran_module_test FILE     runs all checks, writes FILE
!   fortran_module_test stop     fails without ierr, which must end the program with the message
module procedures_for_trackers
  use, intrinsic :: iso_fortran_env, only: int32, int64, real64
  use pde
  implicit none
  integer :: looks = 0

contains

  subroutine mean_and_time(state, time, values, ierr)
    type(pde_field), intent(in) :: state
    real(real64), intent(in) :: time
    real(real64), intent(inout) :: values(:)
    integer(int32), intent(inout) :: ierr
    looks = looks + 1
    call pde_field_average(state, values(1:1), ierr)
    values(2) = 2 * time
  end subroutine

  subroutine broken(state, time, values, ierr)
    type(pde_field), intent(in) :: state
    real(real64), intent(in) :: time
    real(real64), intent(inout) :: values(:)
    integer(int32), intent(inout) :: ierr
    call mean_and_time(state, time, values, ierr)
    ierr = PDE_ERR_USER - 4
  end subroutine

  ! As if the state decayed to 0 within a unit of time.
  subroutine decay(state, time, rate, ierr)
    type(pde_field), intent(in) :: state, rate
    real(real64), intent(in) :: time
    integer(int32), intent(inout) :: ierr
    real(real64) :: mean(1)
    looks = looks + 1
    call pde_field_average(state, mean, ierr)
    call pde_field_fill(rate, -mean(1) + 0 * time)
  end subroutine
end module

program module_test
  use, intrinsic :: iso_fortran_env, only: error_unit, int32, int64, real64
  use pde
  use procedures_for_trackers
  implicit none

  character(1024) :: path
  integer :: failures = 0

  call get_command_argument(1, path)
  if (path == "stop") call stop_without_ierr()
  call test_base()
  call test_grids()
  call test_round_grids()
  call test_wrapping()
  call test_order()
  call test_shapes()
  call test_rebinding()
  call test_collections()
  call test_options()
  call test_own_loop(trim(path))
  call test_solver()
  call test_trackers()
  call test_operators()
  call test_own_equation()
  if (failures > 0) error stop 1
  print "(a)", "all checks passed"

contains

  subroutine check(holds, what)
    logical, intent(in) :: holds
    character(*), intent(in) :: what
    if (holds) return
    failures = failures + 1
    write (error_unit, "(4a)") "FAILED: ", what, "; last message: ", pde_error_message()
  end subroutine

  ! Bit for bit equal; -Wall has a point about `==`, so say it in a way that leaves no doubt.
  elemental logical function same(a, b)
    real(real64), intent(in) :: a, b
    same = transfer(a, 0_int64) == transfer(b, 0_int64)
  end function

  subroutine stop_without_ierr()
    type(pde_grid) :: grid
    call pde_grid_create_unit([4, 0], grid)
  end subroutine

  subroutine test_base()
    character(:), allocatable :: text
    text = pde_version_string()
    call check(len(text) >= 5, "version string")
    call check(pde_version_number() >= 100, "version number")
    call check(pde_status_name(PDE_ERR_SHAPE) == "PDE_ERR_SHAPE", "status name")
  end subroutine

  subroutine test_grids()
    type(pde_grid) :: grid, again
    character(:), allocatable :: text
    integer(int64) :: shape(2)
    integer(int32) :: ndim
    integer :: ierr
    real(real64) :: lower(2), upper(2), x(5), y(4)
    logical :: periodic(2)

    call pde_grid_create_cartesian([-1.0_real64, 0.0_real64], [1.5_real64, 4.0_real64], [5, 4], grid, [.true., .false.])
    ndim = 0
    call pde_grid_ndim(grid, ndim)
    call check(ndim == 2, "ndim of a grid")
    call pde_grid_shape(grid, shape)
    call check(all(shape == [5, 4]), "shape of a grid")
    call pde_grid_bounds(grid, lower, upper)
    call check(all(same(lower, [-1.0_real64, 0.0_real64]) .and. same(upper, [1.5_real64, 4.0_real64])), "bounds")
    call pde_grid_periodic(grid, periodic)
    call check(periodic(1) .and. .not. periodic(2), "periodic axes")
    call pde_grid_coordinates(grid, 1, x)
    call pde_grid_coordinates(grid, 2, y)
    call check(same(x(1), -0.75_real64) .and. same(y(4), 3.5_real64), "coordinates along both dimensions")
    call pde_grid_text(grid, text)
    call pde_grid_parse(text, again)
    deallocate (text)
    call pde_grid_text(again, text)
    call check(index(text, "CartesianGrid") > 0, "text of a grid")
    call pde_grid_free(again)

    call pde_grid_create_unit([3, 3], again, [.true.], ierr)
    call check(ierr == PDE_ERR_SHAPE, "one flag for two axes")
    call pde_grid_create_cartesian(lower(:1), upper, [3, 3], again, ierr=ierr)
    call check(ierr == PDE_ERR_SHAPE, "one bound for two axes")
    call pde_grid_coordinates(grid, 3, x, ierr)
    call check(ierr == PDE_ERR_RANGE, "a third dimension of two")
    call pde_grid_free(grid)
    call pde_grid_shape(grid, shape, ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "a grid that was freed")
  end subroutine

  subroutine test_round_grids()
    type(pde_grid) :: grid
    type(pde_field) :: field
    real(real64) :: r(4), z(3), lower(2), upper(2)
    real(real64), target :: v(3, 4, 3)
    logical :: periodic(2)
    character(:), allocatable :: text
    integer(int32) :: ierr

    call pde_grid_create_polar(1.0_real64, 3.0_real64, 4, grid)
    call pde_grid_coordinates(grid, 1, r)
    call check(all(same(r, [1.25_real64, 1.75_real64, 2.25_real64, 2.75_real64])), "rings of an annulus")
    call pde_grid_free(grid)
    call pde_grid_create_spherical(0.0_real64, 2.0_real64, 4_int64, grid)
    call pde_grid_text(grid, text)
    call check(text == '{"radius": 2.0, "shape": [4], "class": "SphericalSymGrid"}', "text of a ball")
    call pde_grid_free(grid)

    call pde_grid_create_cylindrical(0.5_real64, 2.5_real64, -1.0_real64, 2.0_real64, 4, 3, grid, .true.)
    call pde_grid_bounds(grid, lower, upper)
    call check(all(same(lower, [0.5_real64, -1.0_real64]) .and. same(upper, [2.5_real64, 2.0_real64])), "bounds of r and z")
    call pde_grid_periodic(grid, periodic)
    call check(.not. periodic(1) .and. periodic(2), "periodic z")
    call pde_grid_coordinates(grid, 2, z)
    call check(all(same(z, [-0.5_real64, 0.5_real64, 1.5_real64])), "coordinates along z")
    v = 1 ! three components (r, z, phi) on two axes
    call pde_field_wrap(grid, PDE_VECTOR, v, field)
    call pde_field_free(field)
    call pde_field_wrap(grid, PDE_VECTOR, v(:2, :, :), field, ierr=ierr)
    call check(ierr == PDE_ERR_SHAPE, "two components of three")
    call pde_grid_free(grid)

    call pde_grid_create_cylindrical(0.5_real64, 2.5_real64, -1.0_real64, 2.0_real64, 4_int64, 3_int64, grid)
    call pde_grid_periodic(grid, periodic)
    call check(.not. any(periodic), "z is not periodic unless it is said")
    call pde_grid_free(grid)
    call pde_grid_create_polar(3.0_real64, 1.0_real64, 4, grid, ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "a hole larger than the disk")
    call pde_grid_create_spherical(0.0_real64, 1.0_real64, 0, grid, ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "a ball without cells")
    call pde_grid_create_cylindrical(0.0_real64, 1.0_real64, 1.0_real64, 1.0_real64, 4, 3, grid, ierr=ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "a cylinder without length")
  end subroutine

  ! A stored snapshot must be the section that was wrapped, whatever rank it has; halos must be left alone.
  subroutine test_wrapping()
    real(real64), target :: a(0:6), b(0:6, 0:5), c(0:4, 0:5, 0:6), d(3, 0:4, 0:5, 0:6), v(2, 0:6, 0:5)
    type(pde_grid) :: grid
    type(pde_field) :: field
    real(real64) :: average(3)

    a = -1000
    a(1:5) = [1, 2, 3, 4, 5]
    call pde_grid_create_unit([5], grid)
    call pde_field_wrap(grid, PDE_SCALAR, a(1:5), field, "a")
    call check(same(first_average(field), 3.0_real64), "rank 1")
    call pde_field_free(field)
    call pde_field_wrap(grid, PDE_SCALAR, a(5:1:-1), field)
    call check(same(first_average(field), 3.0_real64), "rank 1, reversed")
    call pde_field_fill(field, 7.0_real64)
    call check(all(same(a, [-1000.0_real64, spread(7.0_real64, 1, 5), -1000.0_real64])), "filling leaves the halo")
    call pde_field_free(field)
    call pde_grid_free(grid)

    b = -1000
    b(1:5, 1:4) = 2
    call pde_grid_create_unit([5, 4], grid)
    call pde_field_wrap(grid, PDE_SCALAR, b(1:5, 1:4), field)
    call check(same(first_average(field), 2.0_real64), "rank 2")
    call pde_field_free(field)
    v = -1000
    v(1, 1:5, 1:4) = 1
    v(2, 1:5, 1:4) = 2
    call pde_field_wrap(grid, PDE_VECTOR, v(:, 1:5, 1:4), field)
    call pde_field_average(field, average(:2))
    call check(all(same(average(:2), [1.0_real64, 2.0_real64])), "a vector, components first")
    call pde_field_free(field)
    call pde_grid_free(grid)

    c = -1000
    c(1:3, 1:4, 1:5) = 3
    call pde_grid_create_unit([3, 4, 5], grid)
    call pde_field_wrap(grid, PDE_SCALAR, c(1:3, 1:4, 1:5), field)
    call check(same(first_average(field), 3.0_real64), "rank 3")
    call pde_field_free(field)
    d = -1000
    d(:, 1:3, 1:4, 1:5) = 4
    call pde_field_wrap(grid, PDE_VECTOR, d(:, 1:3, 1:4, 1:5), field)
    call pde_field_average(field, average)
    call check(all(same(average, 4.0_real64)), "rank 4")
    call pde_field_free(field)
    call pde_grid_free(grid)

    ! One cell along an axis: there is no neighbour to tell the stride.
    call pde_grid_create_unit([1, 4], grid)
    call pde_field_wrap(grid, PDE_SCALAR, b(3:3, 1:4), field)
    call check(same(first_average(field), 2.0_real64), "an axis of one cell")
    call pde_field_free(field)
    call pde_grid_free(grid)
  end subroutine

  real(real64) function first_average(field)
    type(pde_field), intent(in) :: field
    real(real64) :: values(1)
    call pde_field_average(field, values)
    first_average = values(1)
  end function

  ! The first index is x: what the library computes from positions must land at u(i, j) with x_i and y_j.
  subroutine test_order()
    real(real64), target :: u(3, 2)
    type(pde_grid) :: grid
    type(pde_field) :: a, b
    integer :: i, j
    call pde_grid_create_unit([3, 2], grid)
    call pde_field_wrap(grid, PDE_SCALAR, u, a)
    do j = 1, 2
      do i = 1, 3
        u(i, j) = 10 * i + j
      end do
    end do
    call pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, b, "c order")
    call pde_field_assign(b, a)
    u = 0
    call pde_field_assign(a, b)
    call check(same(u(3, 1), 31.0_real64) .and. same(u(1, 2), 12.0_real64), "to C order and back")
    call pde_field_free(a)
    call pde_field_free(b)
    call pde_grid_free(grid)
  end subroutine

  subroutine test_shapes()
    real(real64), target :: u(5, 4), empty(5, 0)
    type(pde_grid) :: grid
    type(pde_field) :: field
    integer :: ierr
    call pde_grid_create_unit([5, 4], grid)
    call pde_field_wrap(grid, PDE_SCALAR, u(1:4, 1:4), field, ierr=ierr)
    call check(ierr == PDE_ERR_SHAPE, "an array that is too small")
    call check(index(pde_error_message(), "[4, 4]") > 0, "the message names it")
    call pde_field_wrap(grid, PDE_SCALAR, u(:, 1), field, ierr=ierr)
    call check(ierr == PDE_ERR_SHAPE, "an array of too few dimensions")
    call pde_field_wrap(grid, PDE_VECTOR, u, field, ierr=ierr)
    call check(ierr == PDE_ERR_SHAPE, "a vector without components")
    call pde_field_wrap(grid, PDE_SCALAR, empty, field, ierr=ierr)
    call check(ierr < PDE_OK, "an array without elements")
    call pde_field_fill(field, 1.0_real64, ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "a field that could not be made")
    call pde_grid_free(grid)
  end subroutine

  subroutine test_rebinding()
    real(real64), target :: u(0:6, 0:5), v(0:6, 0:5), w(5, 4)
    type(pde_grid) :: grid
    type(pde_field) :: field, own
    real(real64) :: average(1)
    integer :: ierr
    u = 1
    v = 2
    w = 3
    call pde_grid_create_unit([5, 4], grid)
    call pde_field_wrap(grid, PDE_SCALAR, u(1:5, 1:4), field)
    call pde_field_rebind(field, v(1:5, 1:4))
    call pde_field_average(field, average)
    call check(same(average(1), 2.0_real64), "rebinding")
    call pde_field_rebind(field, w, ierr)
    call check(ierr == PDE_ERR_SHAPE, "rebinding to other strides")
    call check(index(pde_error_message(), "strides") > 0, "the message names it")
    call pde_field_rebind(field, v(1:4, 1:4), ierr)
    call check(ierr == PDE_ERR_SHAPE, "rebinding to another shape")
    call pde_field_average(field, average)
    call check(same(average(1), 2.0_real64), "a refused rebinding changes nothing")
    call pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, own)
    call pde_field_rebind(own, w, ierr)
    call check(ierr < PDE_OK, "rebinding a field that owns its samples")
    call pde_field_free(own)
    call pde_field_free(field)
    call pde_grid_free(grid)
  end subroutine

  subroutine test_collections()
    real(real64), target :: u(0:5), v(0:5), w(0:5)
    type(pde_grid) :: grid
    type(pde_field) :: a, b, both
    real(real64) :: average(2)
    u = 1
    v = 2
    w = 5
    call pde_grid_create_unit([4], grid)
    call pde_field_wrap(grid, PDE_SCALAR, u(1:4), a, "u")
    call pde_field_wrap(grid, PDE_SCALAR, v(1:4), b, "v")
    call pde_field_collection_create([a, b], both, "both")
    call pde_field_rebind(a, w(1:4))
    call pde_field_average(both, average)
    call check(all(same(average, [5.0_real64, 2.0_real64])), "a collection follows its members")
    call pde_field_free(both)
    call pde_field_free(a)
    call pde_field_free(b)
    call pde_grid_free(grid)
  end subroutine

  subroutine test_options()
    type(pde_options) :: options
    type(pde_storage) :: storage
    character(:), allocatable :: json
    integer :: ierr
    call pde_options_create(options)
    call pde_options_set(options, "info", '{"who": "Fortran"}   ') ! blanks at the end do not count
    call pde_options_set(options, "time_order", "any")
    call pde_storage_open("memory:", storage, options=options)
    call pde_storage_info(storage, json, "who")
    call check(json == '"Fortran"', "info")
    call pde_storage_info(storage, json, "nobody")
    call check(.not. allocated(json), "an entry that is not there")
    call pde_storage_set_info(storage, "answer", "42")
    call pde_storage_info(storage, json)
    call check(index(json, "42") > 0, "all of the info")
    call pde_storage_close(storage)
    call check_refused("level", "hdf5")
    call pde_options_free(options)

    call pde_options_create(options)
    call pde_options_set(options, "level", 3)
    call pde_options_set(options, "max_length", 5_int64)
    call pde_options_set(options, "commit_seconds", 0.5_real64)
    call pde_options_set(options, "shuffle", .false.)
    call pde_options_set(options, "chunk_shape", [2.0_real64, 4.0_real64])
    call pde_options_parse(options, "fsync=false checksum=true")
    call pde_storage_open("never_written.h5", storage, options=options, ierr=ierr)
    call check(ierr == PDE_OK, "options of every type")
    call pde_storage_close(storage)
    call pde_storage_open("memory:", storage, options=options, ierr=ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "options of another kind of storage")
    call pde_options_free(options)
  end subroutine

  subroutine check_refused(key, consumer)
    character(*), intent(in) :: key, consumer
    type(pde_options) :: options
    type(pde_storage) :: storage
    integer :: ierr
    call pde_options_create(options)
    call pde_options_set(options, key, "no number")
    call pde_storage_open(consumer//":never_written.h5", storage, options=options, ierr=ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "an option of a wrong type")
    call pde_storage_close(storage, ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "closing what was never opened")
    call pde_options_free(options)
  end subroutine

  subroutine test_own_loop(path)
    character(*), intent(in) :: path
    real(real64), target :: u(0:5, 0:4), r(4, 3)
    real(real64) :: t, t_next, times(5), average(1)
    integer(int64) :: length, committed
    integer :: ierr, i, j
    logical :: done, due, resumed
    character(:), allocatable :: json
    type(pde_grid) :: grid
    type(pde_field) :: state, into
    type(pde_storage) :: file, memory
    type(pde_schedule) :: schedule
    type(pde_tracker) :: tracker
    type(pde_controller) :: run

    u = -1000
    call pde_grid_create_unit([4, 3], grid)
    call pde_field_wrap(grid, PDE_SCALAR, u(1:4, 1:3), state, "u")
    call pde_storage_open(path, file, "truncate")
    call pde_schedule_parse("list(0, 0.1, 0.7, 0.8, 1)", schedule)
    call pde_tracker_create_storage(file, tracker, schedule)
    call pde_controller_create([tracker], run)
    t = 0
    t_next = 0
    call pde_storage_open("memory:", memory)
    call pde_controller_resume(run, memory, state, t, resumed)
    call check(.not. resumed .and. same(t, 0.0_real64), "there is nothing to go on from")
    call pde_storage_close(memory)
    call set(u, t)
    call pde_controller_start(run, state, t, 1.0_real64, t_next, done)
    do while (.not. done)
      t = min(t_next, t + 0.25_real64)
      call set(u, t)
      call pde_controller_due(run, t, due)
      call check(due .eqv. .not. t < t_next, "due when t_next is reached")
      call pde_controller_handle(run, state, t, t_next, done)
    end do
    call check(same(t, 1.0_real64), "the loop ends at t_end")
    call pde_controller_finish(run, state, t)
    call pde_controller_info(run, json)
    call check(index(json, "Reached final time") > 0, "report of the run")

    length = 0
    committed = 0
    call pde_storage_length(file, length)
    call pde_storage_committed(file, committed)
    call check(length == 5 .and. committed == 5, "length")
    call pde_storage_times(file, 0, times)
    call check(all(same(times, [0.0_real64, 0.1_real64, 0.7_real64, 0.8_real64, 1.0_real64])), "times are exact")
    call pde_storage_times(file, -1_int64, times(:1))
    call check(same(times(1), 1.0_real64), "the last time")
    call pde_storage_statistics(file, json)
    call check(index(json, '"snapshots"') > 0, "statistics")
    call pde_storage_close(file)

    call pde_storage_open(path, file, "readonly")
    call pde_field_wrap(grid, PDE_SCALAR, r, into)
    call pde_storage_read(file, 2, into)
    call set(u, 0.7_real64)
    do j = 1, 3
      do i = 1, 4
        call check(same(r(i, j), u(i, j)), "what is read is what was recorded")
      end do
    end do
    call check(all(same(u(0, :), -1000.0_real64)) .and. all(same(u(:, 4), -1000.0_real64)), "the halo is untouched")
    call pde_field_free(into)
    call pde_storage_sample(file, into)
    call pde_storage_read(file, -1_int64, into)
    call pde_field_statistic(into, "max", average)
    call check(same(average(1), 44.0_real64), "a sample to read into")
    call pde_storage_read(file, 5, into, ierr)
    call check(ierr == PDE_ERR_RANGE, "beyond the end")
    call pde_storage_append(file, state, 2.0_real64, ierr)
    call check(ierr == PDE_ERR_READONLY, "appending to a file opened for reading")
    call pde_storage_close(file)

    call pde_storage_open(path, file)
    call pde_storage_append(file, state, 2.0_real64, ierr)
    call check(ierr == PDE_ERR_EXISTS, "mode create over a file with snapshots")
    call pde_storage_close(file)
    call pde_storage_open(path, file, mode="append")
    call pde_storage_start(file, state, '{"second": true}')
    call pde_storage_append(file, state, PDE_TIME_AUTO)
    call pde_storage_flush(file)
    call pde_storage_finish(file)
    call pde_storage_times(file, -1, times(:1))
    call check(same(times(1), 2.0_real64), "appending at an automatic time")
    call pde_storage_close(file)

    call pde_controller_free(run)
    call pde_tracker_free(tracker)
    call pde_storage_open(path, file, mode="append")
    call pde_tracker_create_storage(file, tracker, schedule)
    call pde_controller_create([tracker], run)
    u = 0
    call pde_controller_resume(run, file, state, t, resumed)
    call check(resumed .and. same(t, 2.0_real64), "behind what was appended by hand")
    call check(same(u(4, 3), 43 + 0.7_real64), "the state to go on from")
    call pde_controller_remove(run, tracker)
    call pde_controller_remove(run, tracker, ierr)
    call check(ierr == PDE_ERR_NOT_FOUND, "a tracker is removed once")
    call pde_storage_close(file)

    call pde_field_free(into)
    call pde_field_free(state)
    call pde_controller_free(run)
    call pde_tracker_free(tracker)
    call pde_schedule_free(schedule)
    call pde_grid_free(grid)
  end subroutine

  subroutine set(u, t)
    real(real64), intent(inout) :: u(0:, 0:)
    real(real64), intent(in) :: t
    integer :: i, j
    do j = 1, 3
      do i = 1, 4
        u(i, j) = 10 * i + j + t
      end do
    end do
  end subroutine

  subroutine test_solver()
    type(pde_grid) :: grid
    type(pde_equation) :: equation
    type(pde_field) :: state
    type(pde_storage) :: storage
    type(pde_tracker) :: trackers(1)
    type(pde_schedule) :: schedule
    type(pde_controller) :: run
    integer(int64) :: length
    integer :: ierr
    logical :: stopped
    real(real64) :: t
    call pde_grid_create_unit([16], grid, [.true.])
    call pde_equation_create("allen-cahn", equation)
    call pde_equation_initial_state(equation, grid, 1, state)
    call pde_field_fill_random(state, "uniform", 2, 0.0_real64, 1.0_real64)
    call pde_storage_open("memory:", storage)
    call pde_schedule_create_list([0.0_real64, 0.5_real64, 2.0_real64], schedule)
    call pde_tracker_create_storage(storage, trackers(1), schedule)
    call pde_controller_create(trackers, run)
    t = 0
    call pde_solve(equation, state, 0.0_real64, 1.0_real64, controller=run, t=t, stopped=stopped)
    length = 0
    call pde_storage_length(storage, length)
    call check(length == 2 .and. same(t, 1.0_real64) .and. .not. stopped, "solving")
    call pde_solve(equation, state, 1.0_real64, 2.0_real64, controller=run, ierr=ierr)
    call check(ierr == PDE_ERR_STATE, "a controller is for one run")
    call pde_equation_free(equation)
    call pde_equation_create("perpetuum mobile", equation, ierr=ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "an unknown equation")
    call check(index(pde_error_message(), "diffusion") > 0, "the message names it")
    call pde_storage_close(storage)
    call pde_controller_free(run)
    call pde_tracker_free(trackers(1))
    call pde_schedule_free(schedule)
    call pde_field_free(state)
    call pde_grid_free(grid)
  end subroutine

  subroutine test_trackers()
    type(pde_grid) :: grid
    type(pde_field) :: state
    type(pde_tracker) :: trackers(2), bad(1)
    type(pde_schedule) :: schedule
    type(pde_options) :: options
    type(pde_controller) :: run
    integer(int64) :: length
    integer :: ierr
    logical :: done
    real(real64) :: t, t_next, rows(3, 3)
    call pde_grid_create_unit([4], grid)
    call pde_field_create(grid, PDE_SCALAR, PDE_FLOAT64, state)
    call pde_field_fill(state, 1.0_real64)
    call pde_schedule_create_constant(1.0_real64, 0.0_real64, schedule)
    call pde_options_create(options)
    call pde_options_set(options, "atol", 0.3_real64)
    call pde_tracker_create_data("mean, twice_t", mean_and_time, trackers(1), schedule)
    call pde_tracker_create_steady_state(decay, trackers(2), schedule, options)
    call pde_controller_create(trackers, run)
    t = 0
    call pde_controller_start(run, state, t, 9.0_real64, t_next, done)
    do while (.not. done)
      t = t_next
      call pde_field_fill(state, 0.5_real64**t)
      call pde_controller_handle(run, state, t, t_next, done)
    end do
    call check(same(t, 2.0_real64) .and. looks == 6, "the state is steady at 0.25")
    call pde_controller_finish(run, state, t)
    length = 0
    call pde_tracker_data_length(trackers(1), length)
    call check(length == 3, "length of a table")
    call pde_tracker_data_read(trackers(1), 0, rows)
    call check(all(same(rows(1, :), [0.0_real64, 1.0_real64, 2.0_real64])), "times of a table")
    call check(all(same(rows(2, :), [1.0_real64, 0.5_real64, 0.25_real64])), "means of a table")
    call check(all(same(rows(3, :), [0.0_real64, 2.0_real64, 4.0_real64])), "other values of a table")
    call pde_tracker_data_read(trackers(1), -1_int64, rows(1:3, 2:2))
    call check(same(rows(1, 2), 2.0_real64), "the last row of a table")
    call pde_tracker_data_read(trackers(1), 0, rows(1:2, :), ierr)
    call check(ierr == PDE_ERR_SHAPE, "rows of another width")
    call pde_tracker_data_read(trackers(1), 4, rows, ierr)
    call check(ierr == PDE_ERR_RANGE, "rows that are not there")
    call pde_tracker_data_length(trackers(2), length, ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "a tracker without a table")
    call pde_controller_free(run)

    call pde_tracker_create_data("a,a", mean_and_time, bad(1), ierr=ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "two columns of one name")
    call pde_tracker_create_data("a,b", broken, bad(1))
    call pde_controller_create(bad, run)
    call pde_controller_start(run, state, 0.0_real64, 9.0_real64, t_next, done, ierr)
    call check(done .and. ierr == PDE_ERR_USER - 4, "a procedure that fails")
    call pde_controller_free(run)
    call pde_tracker_free(bad(1))
    call pde_tracker_free(trackers(1))
    call pde_tracker_free(trackers(2))
    call pde_options_free(options)
    call pde_schedule_free(schedule)
    call pde_field_free(state)
    call pde_grid_free(grid)
  end subroutine

  ! dc/dt = -c / 2, until a time at which the rate refuses.
  subroutine slow_decay(state, time, rate, ierr)
    type(pde_field), intent(in) :: state, rate
    real(real64), intent(in) :: time
    integer(int32), intent(inout) :: ierr
    type(pde_grid) :: grid
    type(pde_field) :: mine
    real(real64), target :: c(4, 3)
    if (time > 5) then
      ierr = PDE_ERR_USER - 4
      return
    end if
    call pde_field_grid(state, grid)
    call pde_field_wrap(grid, PDE_SCALAR, c, mine)
    call pde_field_assign(mine, state)
    c = -0.5_real64 * c
    call pde_field_assign(rate, mine)
    call pde_field_free(mine)
    call pde_grid_free(grid)
  end subroutine

  subroutine test_own_equation()
    type(pde_grid) :: grid
    type(pde_equation) :: equation
    type(pde_field) :: state
    type(pde_options) :: options
    real(real64), target :: c(4, 3)
    real(real64) :: t
    integer :: ierr
    c = 2
    c(3, 2) = -1
    call pde_options_create(options)
    call pde_options_parse(options, "name=decay")
    call pde_equation_create_custom(slow_decay, equation, options)
    call pde_options_free(options)
    call pde_grid_create_unit([4, 3], grid)
    call pde_field_wrap(grid, PDE_SCALAR, c, state)
    t = -1
    call pde_solve(equation, state, 0.0_real64, 2.0_real64, t=t)
    call check(same(t, 2.0_real64) .and. abs(c(1, 1) - 2 * exp(-1.0_real64)) < 1e-3_real64 &
      .and. abs(c(3, 2) + exp(-1.0_real64)) < 1e-3_real64, "an equation of one's own")
    call pde_solve(equation, state, 2.0_real64, 9.0_real64, ierr=ierr)
    call check(ierr == PDE_ERR_USER - 4, "a rate that refuses")
    call pde_equation_free(equation)
    call pde_options_create(options)
    call pde_options_parse(options, "bc=neumann")
    call pde_equation_create_custom(slow_decay, equation, options, ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "an option that custom equations do not have")
    call pde_options_free(options)
    call pde_field_free(state)
    call pde_grid_free(grid)
  end subroutine

  subroutine test_operators()
    type(pde_grid) :: grid
    type(pde_options) :: options
    type(pde_operator) :: gradient
    type(pde_field) :: state, slope
    real(real64) :: u(6), d(1, 6), wall(1)
    integer :: i, ierr
    u = [(real(i, real64)**2, i=1, 6)]
    call pde_grid_create_unit([6], grid)
    call pde_field_wrap(grid, PDE_SCALAR, u, state)
    call pde_field_wrap(grid, PDE_VECTOR, d, slope)
    wall = 49
    call pde_options_create(options)
    call pde_options_set(options, "bc", '{"left": "neumann", "right": "value"}')
    call pde_options_set(options, "bc:right", wall)
    call pde_operator_create(grid, "gradient", gradient, options)
    call pde_operator_apply(gradient, state, 0.0_real64, slope)
    call check(same(d(1, 1), 1.5_real64) .and. same(d(1, 3), 6.0_real64) .and. same(d(1, 6), 18.5_real64), &
        "the slope of a parabola")
    call pde_operator_apply(gradient, slope, 0.0_real64, state, ierr)
    call check(ierr == PDE_ERR_SHAPE, "of a vector there is no gradient")
    call pde_operator_free(gradient)
    call pde_operator_create(grid, "curl", gradient, ierr=ierr)
    call check(ierr == PDE_ERR_ARGUMENT, "an unknown operator")
    call check(index(pde_error_message(), "divergence") > 0, "the message names others")
    call pde_options_free(options)
    call pde_field_free(state)
    call pde_field_free(slope)
    call pde_grid_free(grid)
  end subroutine

end program module_test
