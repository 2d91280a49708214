! Prints every constant of the module, as constants.c does.
program constants
  use, intrinsic :: iso_fortran_env, only: int32, real64
  use pde
  implicit none
  call show("PDE_OK", PDE_OK)
  call show("PDE_STOP", PDE_STOP)
  call show("PDE_EMPTY", PDE_EMPTY)
  call show("PDE_ERR_ARGUMENT", PDE_ERR_ARGUMENT)
  call show("PDE_ERR_HANDLE", PDE_ERR_HANDLE)
  call show("PDE_ERR_STATE", PDE_ERR_STATE)
  call show("PDE_ERR_SHAPE", PDE_ERR_SHAPE)
  call show("PDE_ERR_DTYPE", PDE_ERR_DTYPE)
  call show("PDE_ERR_RANGE", PDE_ERR_RANGE)
  call show("PDE_ERR_READONLY", PDE_ERR_READONLY)
  call show("PDE_ERR_NOT_FOUND", PDE_ERR_NOT_FOUND)
  call show("PDE_ERR_EXISTS", PDE_ERR_EXISTS)
  call show("PDE_ERR_FORMAT", PDE_ERR_FORMAT)
  call show("PDE_ERR_IO", PDE_ERR_IO)
  call show("PDE_ERR_BUSY", PDE_ERR_BUSY)
  call show("PDE_ERR_MEMORY", PDE_ERR_MEMORY)
  call show("PDE_ERR_UNSUPPORTED", PDE_ERR_UNSUPPORTED)
  call show("PDE_ERR_UNSOUND", PDE_ERR_UNSOUND)
  call show("PDE_ERR_INTERNAL", PDE_ERR_INTERNAL)
  call show("PDE_ERR_USER", PDE_ERR_USER)
  call show("PDE_FLOAT64", PDE_FLOAT64)
  call show("PDE_FLOAT32", PDE_FLOAT32)
  call show("PDE_COMPLEX128", PDE_COMPLEX128)
  call show("PDE_COMPLEX64", PDE_COMPLEX64)
  call show("PDE_INT64", PDE_INT64)
  call show("PDE_INT32", PDE_INT32)
  call show("PDE_INT16", PDE_INT16)
  call show("PDE_INT8", PDE_INT8)
  call show("PDE_UINT64", PDE_UINT64)
  call show("PDE_UINT32", PDE_UINT32)
  call show("PDE_UINT16", PDE_UINT16)
  call show("PDE_UINT8", PDE_UINT8)
  call show("PDE_BOOL", PDE_BOOL)
  call show("PDE_LOG_ERROR", PDE_LOG_ERROR)
  call show("PDE_LOG_WARNING", PDE_LOG_WARNING)
  call show("PDE_LOG_INFO", PDE_LOG_INFO)
  call show("PDE_SCALAR", PDE_SCALAR)
  call show("PDE_VECTOR", PDE_VECTOR)
  call show("PDE_TENSOR", PDE_TENSOR)
  call show("PDE_COLLECTION", PDE_COLLECTION)
  print "(a, es24.16e3)", "PDE_TIME_AUTO ", PDE_TIME_AUTO

contains

  subroutine show(name, number)
    character(*), intent(in) :: name
    integer(int32), intent(in) :: number
    print "(a, ' ', i0)", name, number
  end subroutine

end program constants
