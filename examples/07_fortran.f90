! Lesson 7: record the array of a Fortran solver.
!
! Heat in an insulated plate of 3 by 2. The solver has its own arrays with a halo of one cell on each side, and its own
! time loop. The library looks at the array where it is: u(i, j) belongs to (x_i, y_j), the first index is x, and nothing
! is transposed on the way into the file or back.
!
! Usage: 07_fortran [end time, 1 if left out]
!
! Where `ierr` is left out, a failure stops the program with the message of the library.
program fortran_solver
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use pde
  implicit none

  integer, parameter :: nx = 48, ny = 32
  real(real64), parameter :: pi = acos(-1.0_real64), lx = 3, ly = 2, diffusivity = 0.1_real64
  real(real64), parameter :: hx = lx / nx, hy = ly / ny, dt_max = 0.2_real64 * hx**2 / diffusivity
  real(real64), pointer :: u(:, :), v(:, :), swap(:, :)
  real(real64), allocatable, target :: first(:, :), again(:, :)
  real(real64), allocatable :: times(:)
  real(real64) :: t, t_new, t_next, t_end, heat(1)
  integer(int64) :: length
  integer :: ierr, n, steps
  character(32) :: argument
  logical :: done
  type(pde_grid) :: grid
  type(pde_field) :: state, snapshot
  type(pde_storage) :: storage
  type(pde_schedule) :: schedule
  type(pde_tracker) :: tracker
  type(pde_controller) :: run

  t_end = 1
  call get_command_argument(1, argument)
  if (argument /= "") read (argument, *) t_end

  allocate (u(0:nx + 1, 0:ny + 1), v(0:nx + 1, 0:ny + 1))
  t = 0
  call exact(t, u(1:nx, 1:ny))

  ! The section leaves the halo out; the library finds out by itself how it lies in memory. The array needs the target
  ! attribute, or to be a pointer as here, because the library keeps its address.
  call pde_grid_create_cartesian([0.0_real64, 0.0_real64], [lx, ly], [nx, ny], grid)
  call pde_field_wrap(grid, PDE_SCALAR, u(1:nx, 1:ny), state, label="temperature")

  ! Where to, when, and both together. "truncate" gives an old file up; without it nothing is ever written over.
  call pde_storage_open("fortran.h5", storage, mode="truncate")
  call pde_schedule_create_constant(0.05_real64, PDE_TIME_AUTO, schedule)
  call pde_tracker_create_storage(storage, tracker, schedule)
  call pde_controller_create([tracker], run)

  ! The loop makes no step beyond t_next, where somebody wants to see the state. Taking t_next itself as the new time,
  ! rather than t + dt, makes the recorded times exact. After the swap the field has to hear where the state is now.
  steps = 0
  call pde_controller_start(run, state, t, t_end, t_next, done)
  do while (.not. done)
    t_new = t_next
    if (t_next - t > dt_max) t_new = t + dt_max
    call step(u, v, t_new - t)
    swap => u
    u => v
    v => swap
    t = t_new
    steps = steps + 1
    call pde_field_rebind(state, u(1:nx, 1:ny))
    call pde_controller_handle(run, state, t, t_next, done)
  end do
  call pde_controller_finish(run, state, t)

  allocate (first(nx, ny), again(nx, ny))
  call exact(t, first)
  call pde_field_average(state, heat)
  print "(i0, a, f0.3, a, es8.1, a, f0.9)", steps, " steps to t = ", t, ", largest error", &
    maxval(abs(u(1:nx, 1:ny) - first)), ", average ", heat(1)

  ! Read back into an array of another layout, without halo: the last snapshot is the state, at the same indices.
  call pde_storage_length(storage, length)
  allocate (times(length))
  call pde_storage_times(storage, 0, times)
  call pde_field_wrap(grid, PDE_SCALAR, again, snapshot)
  call pde_storage_read(storage, -1, snapshot)
  if (.not. t > times(length)) then
    if (maxval(abs(again - u(1:nx, 1:ny))) > 0) error stop "the file differs from the array"
  end if
  do n = 0, int(length) - 1, 4
    call pde_storage_read(storage, n, snapshot)
    print "(a, f5.2, a, f8.5, a, f8.5)", "t = ", times(n + 1), "  u(1, 1) ", again(1, 1), "  u(nx, 1) ", again(nx, 1)
  end do

  ! With `ierr` a failure is the program's to handle: here a snapshot that does not exist.
  call pde_storage_read(storage, length, snapshot, ierr)
  if (ierr /= PDE_ERR_RANGE) error stop "expected PDE_ERR_RANGE"
  print "(3a)", pde_status_name(ierr), ": ", pde_error_message()

  call pde_storage_close(storage)
  call pde_controller_free(run)
  call pde_tracker_free(tracker)
  call pde_schedule_free(schedule)
  call pde_field_free(snapshot)
  call pde_field_free(state)
  call pde_grid_free(grid)
  deallocate (u, v, first, again, times)

contains

  ! One step of explicit Euler. The halo mirrors the cells beside it, so that nothing flows through the sides.
  subroutine step(u, v, dt)
    real(real64), intent(inout) :: u(0:, 0:), v(0:, 0:)
    real(real64), intent(in) :: dt
    integer :: i, j
    u(0, :) = u(1, :)
    u(nx + 1, :) = u(nx, :)
    u(:, 0) = u(:, 1)
    u(:, ny + 1) = u(:, ny)
    do j = 1, ny
      do i = 1, nx
        v(i, j) = u(i, j) + dt * diffusivity * ((u(i - 1, j) - 2 * u(i, j) + u(i + 1, j)) / hx**2 &
          + (u(i, j - 1) - 2 * u(i, j) + u(i, j + 1)) / hy**2)
      end do
    end do
  end subroutine

  ! The exact solution: one wave along x and a shorter one along y, which fade at their own rates.
  subroutine exact(t, c)
    real(real64), intent(in) :: t
    real(real64), intent(out) :: c(:, :)
    integer :: i, j
    do j = 1, ny
      do i = 1, nx
        c(i, j) = 1 + 0.5_real64 * cos(pi * (i - 0.5_real64) / nx) * exp(-diffusivity * (pi / lx)**2 * t) &
          + 0.25_real64 * cos(2 * pi * (j - 0.5_real64) / ny) * exp(-diffusivity * (2 * pi / ly)**2 * t)
      end do
    end do
  end subroutine

end program fortran_solver
