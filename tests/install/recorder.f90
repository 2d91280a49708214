! A Fortran program outside the tree: records its array and reads it back.
!
! Usage: recorder FILE
program recorder
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use pde
  implicit none

  real(real64), target :: u(6, 4), again(6, 4)
  integer(int64) :: length
  integer :: k
  character(512) :: path
  type(pde_grid) :: grid
  type(pde_field) :: field, snapshot
  type(pde_storage) :: storage

  call get_command_argument(1, path)
  u = reshape([(k / 3.0_real64, k=1, size(u))], shape(u))

  call pde_grid_create_unit([6, 4], grid)
  call pde_field_wrap(grid, PDE_SCALAR, u, field)
  call pde_storage_open(trim(path), storage, mode="truncate")
  call pde_storage_start(storage, field)
  call pde_storage_append(storage, field, 0.5_real64)
  call pde_storage_finish(storage)
  call pde_storage_close(storage)

  call pde_field_wrap(grid, PDE_SCALAR, again, snapshot)
  call pde_storage_open(trim(path), storage, mode="readonly")
  call pde_storage_length(storage, length)
  call pde_storage_read(storage, -1, snapshot)
  call pde_storage_close(storage)
  if (length /= 1 .or. any(abs(again - u) > 0)) error stop "read something else than was written"

  call pde_field_free(snapshot)
  call pde_field_free(field)
  call pde_grid_free(grid)
  print "(2a)", "pde ", pde_version_string()
end program
