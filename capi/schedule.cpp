#include "tracker/schedule.hpp"

#include "guard.hpp"

using namespace pde;
using namespace pde::capi;

pde_status pde_schedule_create_constant(double interval, double t_start,
                                        pde_schedule **out_schedule) noexcept {
  return creating(out_schedule, "out_schedule", [&] {
    return make_handle<pde_schedule>(std::make_shared<ConstantSchedule>(interval, t_start));
  });
}

pde_status pde_schedule_create_list(const double *times, int64_t count,
                                    pde_schedule **out_schedule) noexcept {
  return creating(out_schedule, "out_schedule", [&] {
    return make_handle<pde_schedule>(std::make_shared<ListSchedule>(entries(times, count, 0, "times")));
  });
}

pde_status pde_schedule_parse(const char *text, pde_schedule **out_schedule) noexcept {
  return creating(out_schedule, "out_schedule",
                  [&] { return make_handle<pde_schedule>(Schedule::parse(needed_text(text, "text"))); });
}

pde_status pde_schedule_text(const pde_schedule *schedule, const char **out_text) noexcept {
  return guarded([&] {
    const Exclusive<pde_schedule> s(schedule, "schedule");
    needed(out_text, "out_text");
    *out_text = s.keep(s->text());
  });
}

pde_status pde_schedule_first(pde_schedule *schedule, double t, double *out_t_next) noexcept {
  return guarded([&] {
    const Exclusive<pde_schedule> s(schedule, "schedule");
    needed(out_t_next, "out_t_next");
    *out_t_next = s->first(t);
  });
}

pde_status pde_schedule_next(pde_schedule *schedule, double t, double *out_t_next) noexcept {
  return guarded([&] {
    const Exclusive<pde_schedule> s(schedule, "schedule");
    needed(out_t_next, "out_t_next");
    *out_t_next = s->next(t);
  });
}

void pde_schedule_free(pde_schedule *schedule) noexcept {
  release(schedule, Kind::schedule);
}
