! Records ten snapshots and ends in one of the ways in which Fortran programs end, with the storage still open; or
! looks at what such a run has left.
!
!   exit_paths record FILE MODE OPTIONS ENDING    end, stop, stop_code, error_stop, error_stop_text, failed_call,
!                                                 runtime_error, abort
!   exit_paths check FILE LEAST MOST              how many snapshots there may be; each is looked at
program exit_paths
  use, intrinsic :: iso_fortran_env, only: error_unit, int32, int64, real64
  use pde
  implicit none

  integer, parameter :: nx = 40, ny = 30, snapshots = 10
  type(pde_grid) :: grid
  type(pde_field) :: field
  type(pde_storage) :: storage
  real(real64), target :: u(nx, ny)

  call pde_grid_create_unit([nx, ny], grid)
  call pde_field_wrap(grid, PDE_SCALAR, u, field)
  select case (argument(1))
  case ("record")
    call record(argument(2), argument(3), argument(4))
    call finish_as(argument(5))
  case ("check")
    call check(argument(2), number(argument(3)), number(argument(4)))
  case default
    error stop 90
  end select

contains

  function argument(i) result(text)
    integer, intent(in) :: i
    character(:), allocatable :: text
    character(2000) :: buffer
    call get_command_argument(i, buffer)
    text = trim(buffer)
  end function

  integer(int64) function number(text)
    character(*), intent(in) :: text
    read (text, *) number
  end function

  subroutine fill(index)
    integer(int64), intent(in) :: index
    integer :: i, j
    do j = 1, ny
      do i = 1, nx
        u(i, j) = sin(0.1_real64 * real(i * j, real64)) + real(index, real64)
      end do
    end do
  end subroutine

  subroutine record(path, mode, text)
    character(*), intent(in) :: path, mode, text
    type(pde_options) :: options
    integer(int64) :: first, i
    call pde_options_create(options)
    call pde_options_parse(options, text)
    call pde_storage_open(path, storage, mode, options)
    call pde_options_free(options)
    first = 0
    if (mode == "append") call pde_storage_length(storage, first)
    do i = first, first + snapshots - 1
      call fill(i)
      call pde_storage_append(storage, field, real(i, real64))
    end do
  end subroutine

  subroutine finish_as(ending)
    character(*), intent(in) :: ending
    integer :: unit
    select case (ending)
    case ("end")
      return
    case ("stop")
      stop
    case ("stop_code")
      stop 3
    case ("error_stop")
      error stop 4
    case ("error_stop_text")
      error stop "the pump has failed"
    case ("failed_call")
      call pde_storage_read(storage, 1000, field)
    case ("runtime_error")
      open (newunit=unit, file="/nowhere/at/all", status="old", action="read")
    case ("abort")
      call abort()
    end select
    error stop 91
  end subroutine

  subroutine check(path, least, most)
    character(*), intent(in) :: path
    integer(int64), intent(in) :: least, most
    integer(int64) :: length, i
    real(real64), target :: expected(nx, ny)
    real(real64), allocatable :: times(:)
    call pde_storage_open(path, storage, "readonly")
    length = -1
    call pde_storage_length(storage, length)
    if (length < least .or. length > most) then
      write (error_unit, *) "length", length, "expected", least, "to", most
      error stop 92
    end if
    allocate (times(length))
    call pde_storage_times(storage, 0, times)
    do i = 0, length - 1
      call fill(i)
      expected = u
      call pde_storage_read(storage, i, field)
      if (any(abs(u - expected) > 0) .or. abs(times(i + 1) - real(i, real64)) > 0) then
        write (error_unit, *) "snapshot", i, "is not what it was"
        error stop 93
      end if
    end do
    call pde_storage_close(storage)
  end subroutine
end program
