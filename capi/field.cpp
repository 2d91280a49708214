#include <algorithm>

#include "field/field_math.hpp"
#include "guard.hpp"
#include "storage/plot.hpp"

using namespace pde;
using namespace pde::capi;

namespace {

FieldDescription described(const Shared<pde_grid> &grid, int32_t rank, int32_t dtype, const char *label) {
  if (rank < PDE_SCALAR || rank > PDE_TENSOR) {
    fail(PDE_ERR_ARGUMENT, "rank is {}, expected PDE_SCALAR (0), PDE_VECTOR (1) or PDE_TENSOR (2)", rank);
  }
  return {grid.core(), rank, dtype, optional_label(label), {}};
}

/// Fields named by an array of handles.
std::vector<FieldPtr> fields_of(pde_field *const *handles, int64_t count, const char *argument,
                                bool &readonly) {
  std::vector<FieldPtr> fields;
  readonly = false;
  for (pde_field *handle : entries(handles, count, 1, argument)) {
    const std::string name = fmt::format("{}[{}]", argument, fields.size());
    const Shared<pde_field> field(handle, name.c_str());
    readonly = readonly || field.readonly();
    fields.push_back(field.core());
  }
  return fields;
}

void check_dtype(const Field &field, int32_t dtype) {
  if (dtype != field.dtype()) {
    fail(PDE_ERR_DTYPE, "dtype is {}, the field is {}", dtype_name(dtype), dtype_name(field.dtype()));
  }
}

[[noreturn]] void fail_layout() {
  fail(PDE_ERR_SHAPE,
       "the samples do not lie in C order without gaps: ask pde_field_data_const for strides, or copy the "
       "field");
}

void put_numbers(const std::vector<double> &numbers, double *out_values, int64_t count, const char *what) {
  check_count(count, static_cast<int64_t>(numbers.size()), what);
  std::copy(numbers.begin(), numbers.end(), out_values);
}

}  // namespace

// ---- making fields

pde_status pde_field_create(const pde_grid *grid, int32_t rank, int32_t dtype, const char *label,
                            pde_field **out_field) noexcept {
  return creating(out_field, "out_field", [&] {
    const Shared<pde_grid> g(grid, "grid");
    const FieldPtr field = Field::create(described(g, rank, dtype, label));
    field->c_order_data();  // takes the memory now, so that no later call can fail for want of it
    return make_handle<pde_field>(field);
  });
}

pde_status pde_field_wrap(const pde_grid *grid, int32_t rank, int32_t dtype, const char *label, void *data,
                          const int64_t *strides, pde_field **out_field) noexcept {
  return creating(out_field, "out_field", [&] {
    const Shared<pde_grid> g(grid, "grid");
    FieldDescription description = described(g, rank, dtype, label);
    needed(data, "data");
    const size_t axes = strides ? static_cast<size_t>(rank + g->ndim()) : 0;
    return make_handle<pde_field>(Field::wrap(std::move(description), data, {strides, axes}));
  });
}

pde_status pde_field_rebind(pde_field *field, void *data) noexcept {
  return guarded([&] { Writable(field, "field")->rebind(needed(data, "data")); });
}

pde_status pde_field_stack(pde_field *const *components, int64_t count, int32_t rank, const char *label,
                           pde_field **out_field) noexcept {
  return creating(out_field, "out_field", [&] {
    if (rank != PDE_VECTOR && rank != PDE_TENSOR) {
      fail(PDE_ERR_ARGUMENT, "rank is {}, expected PDE_VECTOR (1) or PDE_TENSOR (2)", rank);
    }
    bool readonly;
    const auto fields = fields_of(components, count, "components", readonly);
    return make_handle<pde_field>(Field::stack(fields, rank, optional_label(label)), readonly);
  });
}

pde_status pde_field_collection_create(pde_field *const *fields, int64_t count, const char *label,
                                       pde_field **out_field) noexcept {
  return creating(out_field, "out_field", [&] {
    bool readonly;
    const auto members = fields_of(fields, count, "fields", readonly);
    return make_handle<pde_field>(Field::collection(members, optional_label(label)), readonly);
  });
}

pde_status pde_field_copy(const pde_field *field, int32_t dtype, const char *label,
                          pde_field **out_field) noexcept {
  return creating(out_field, "out_field", [&] {
    const Shared<pde_field> from(field, "field");
    dtype_info(dtype);
    std::optional<Label> name;
    if (label) name = optional_label(label);
    return make_handle<pde_field>(from->copy(dtype, name));
  });
}

pde_status pde_field_assign(pde_field *into, const pde_field *from) noexcept {
  return guarded([&] {
    const Writable target(into, "into");
    if (into == from) return;
    target->assign(*Shared<pde_field>(from, "from"));
  });
}

// ---- asking a field

pde_status pde_field_grid(const pde_field *field, pde_grid **out_grid) noexcept {
  return creating(out_grid, "out_grid", [&] {
    return make_handle<pde_grid>(Shared<pde_field>(field, "field")->description().grid);
  });
}

pde_status pde_field_rank(const pde_field *field, int32_t *out_rank) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    *needed(out_rank, "out_rank") = f->description().rank;
  });
}

pde_status pde_field_dtype(const pde_field *field, int32_t *out_dtype) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    *needed(out_dtype, "out_dtype") = f->dtype();
  });
}

pde_status pde_field_label(const pde_field *field, const char **out_label) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    const Label &label = f->description().label;
    *needed(out_label, "out_label") = label ? label->c_str() : nullptr;
  });
}

pde_status pde_field_ndim(const pde_field *field, int32_t *out_ndim) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    *needed(out_ndim, "out_ndim") = static_cast<int32_t>(f->description().shape().size());
  });
}

pde_status pde_field_shape(const pde_field *field, int64_t *out_shape, int64_t count) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    needed(out_shape, "out_shape");
    const std::vector<int64_t> shape = f->description().shape();
    check_count(count, static_cast<int64_t>(shape.size()), "one number per axis of the field");
    std::copy(shape.begin(), shape.end(), out_shape);
  });
}

pde_status pde_field_members(const pde_field *field, int64_t *out_count) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    *needed(out_count, "out_count") = f->description().member_count();
  });
}

pde_status pde_field_find_member(const pde_field *field, const char *label, int64_t *out_member) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    needed_text(label, "label");
    *needed(out_member, "out_member") = f->description().find_member(label);
  });
}

pde_status pde_field_member(const pde_field *field, int64_t member, pde_field **out_field) noexcept {
  return creating(out_field, "out_field", [&] {
    const Shared<pde_field> f(field, "field");
    return make_handle<pde_field>(f->member(member), f.readonly());
  });
}

pde_status pde_field_component(const pde_field *field, int64_t component, pde_field **out_scalar) noexcept {
  return creating(out_scalar, "out_scalar", [&] {
    const Shared<pde_field> f(field, "field");
    return make_handle<pde_field>(f->component(component), f.readonly());
  });
}

// ---- the samples

pde_status pde_field_data(pde_field *field, int32_t dtype, void **out_data) noexcept {
  return guarded([&] {
    const Writable f(field, "field");
    needed(out_data, "out_data");
    check_dtype(*f, dtype);
    std::byte *data = f->c_order_data();
    if (!data) fail_layout();
    *out_data = data;
  });
}

pde_status pde_field_data_const(const pde_field *field, int32_t dtype, const void **out_data,
                                int64_t *out_strides, int64_t count) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    needed(out_data, "out_data");
    check_dtype(*f, dtype);
    check_count(count, out_strides ? static_cast<int64_t>(f->description().shape().size()) : 0,
                out_strides ? "one stride per axis of the field" : "out_strides is NULL");
    const auto strides = f->strides();
    if (!out_strides && !f->c_order_data()) fail_layout();
    if (!strides)
      fail(PDE_ERR_SHAPE,
           "no strides describe where the parts of this field lie: take its members or components");
    if (out_strides) std::copy(strides->begin(), strides->end(), out_strides);
    *out_data = f->rows()[0].data();
  });
}

// ---- filling and computing

pde_status pde_field_fill(pde_field *field, double re, double im) noexcept {
  return guarded([&] { Writable(field, "field")->fill(re, im); });
}

pde_status pde_field_fill_random(pde_field *field, const char *kind, int64_t seed, double a,
                                 double b) noexcept {
  return guarded([&] { Writable(field, "field")->fill_random(needed_text(kind, "kind"), seed, a, b); });
}

pde_status pde_field_fill_function(pde_field *field, pde_profile profile, void *user) noexcept {
  return guarded([&] {
    const Writable f(field, "field");
    needed(profile, "profile");
    field_fill_function(*f, [&](std::span<const double> position, std::span<double> values) {
      call_back("profile", [&] {
        return profile(position.data(), static_cast<int64_t>(position.size()), values.data(),
                       static_cast<int64_t>(values.size()), user);
      });
    });
  });
}

pde_status pde_field_combine(pde_field *field, double a, double b, const pde_field *other) noexcept {
  return guarded([&] {
    const Writable f(field, "field");
    if (!other || other == field) return f->combine(a, b, other ? &*f : nullptr);
    f->combine(a, b, &*Shared<pde_field>(other, "other"));
  });
}

pde_status pde_field_average(const pde_field *field, double *out_values, int64_t count) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    needed(out_values, "out_values");
    put_numbers(field_average(*f), out_values, count, "one number per component, two if complex");
  });
}

pde_status pde_field_statistic(const pde_field *field, const char *name, double *out_values,
                               int64_t count) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    needed_text(name, "name");
    needed(out_values, "out_values");
    put_numbers(field_statistic(*f, name), out_values, count,
                "see pde_field_statistic for how many numbers there are");
  });
}

pde_status pde_field_plot(const pde_field *field, const char *path, const pde_options *options) noexcept {
  return guarded([&] {
    const Shared<pde_field> f(field, "field");
    plot_field(*f, needed_text(path, "path"), options_of(options));
  });
}

void pde_field_free(pde_field *field) noexcept {
  release(field, Kind::field);
}
