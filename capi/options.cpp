#include "guard.hpp"

#include <cmath>
#include <map>
#include <mutex>

#include "solver/equation.hpp"
#include "storage/plot.hpp"
#include "storage/transfer.hpp"

using namespace pde;
using namespace pde::capi;

namespace {

struct Listener {
  pde_progress call;
  std::shared_ptr<UserData> user;
};

/// The callback of the user, whose failures become exceptions here, before its message can get lost.
pde_status tell(int64_t done, int64_t total, void *listener) {
  const auto &to = *static_cast<const Listener *>(listener);
  const bool stop =
      call_back_stops("the progress callback", [&] { return to.call(done, total, to.user->get()); });
  return stop ? PDE_STOP : PDE_OK;
}

}  // namespace

pde_status pde_options_create(pde_options **out_options) noexcept {
  return creating(out_options, "out_options",
                  [] { return make_handle<pde_options>(std::make_shared<Options>()); });
}

pde_status pde_options_set(pde_options *options, const char *key, const char *value) noexcept {
  return guarded([&] {
    Exclusive<pde_options> bag(options, "options");
    needed_text(key, "key");
    if (value) {
      bag->set(key, std::string(needed_text(value, "value")));
    } else {
      bag->unset(key);
    }
  });
}

pde_status pde_options_set_int(pde_options *options, const char *key, int64_t value) noexcept {
  return guarded([&] { Exclusive<pde_options>(options, "options")->set(needed_text(key, "key"), value); });
}

pde_status pde_options_set_real(pde_options *options, const char *key, double value) noexcept {
  return guarded([&] { Exclusive<pde_options>(options, "options")->set(needed_text(key, "key"), value); });
}

pde_status pde_options_set_bool(pde_options *options, const char *key, int32_t value) noexcept {
  return guarded([&] {
    Exclusive<pde_options> bag(options, "options");
    bag->set(needed_text(key, "key"), checked_flag(value, "value"));
  });
}

pde_status pde_options_set_reals(pde_options *options, const char *key, const double *values,
                                 int64_t count) noexcept {
  return guarded([&] {
    Exclusive<pde_options> bag(options, "options");
    needed_text(key, "key");
    const auto given = entries(values, count, 0, "values");
    bag->set(key, std::vector<double>(given.begin(), given.end()));
  });
}

pde_status pde_options_set_progress(pde_options *options, pde_progress progress, void *user,
                                    pde_destroy destroy) noexcept {
  return guarded([&] {
    const auto owner = own_user(user, destroy);
    Exclusive<pde_options> bag(options, "options");
    std::shared_ptr<ProgressTarget> target;
    if (progress) {
      // The callback keeps its user data alive, and with it the promise of destroy.
      const auto listener = std::make_shared<Listener>(Listener{progress, owner});
      target = std::make_shared<ProgressTarget>(ProgressTarget{tell, listener.get(), listener});
    }
    bag->set_progress(std::move(target));
  });
}

pde_status pde_options_parse(pde_options *options, const char *text) noexcept {
  return guarded([&] { Exclusive<pde_options>(options, "options")->parse(needed_text(text, "text")); });
}

pde_status pde_options_describe(const char *consumer, const char **out_json) noexcept {
  return guarded([&] {
    needed_text(consumer, "consumer");
    needed(out_json, "out_json");
    std::optional<OptionTable> table = storage_options(consumer);
    if (!table) table = transfer_options(consumer);
    if (!table) table = plot_options(consumer);
    if (!table) table = tracker_options(consumer);
    if (!table) table = solver_options(consumer);
    if (!table) {
      fail(PDE_ERR_NOT_FOUND,
           "consumer is \"{}\", expected memory:, hdf5:, movie:, custom:, copy, merge, apply, check, plot, "
           "{}, operator, solve, equation:diffusion, equation:allen-cahn, equation:cahn-hilliard or "
           "equation:swift-hohenberg",
           consumer, tracker_consumers());
    }
    // Texts that live for ever, one per consumer.
    static auto *mutex = new std::mutex;
    static auto *texts = new std::map<std::string, std::string>;
    std::lock_guard lock(*mutex);
    const auto [entry, fresh] = texts->try_emplace(consumer);
    if (fresh) entry->second = describe_options(*table);
    *out_json = entry->second.c_str();
  });
}

void pde_options_free(pde_options *options) noexcept {
  release(options, Kind::options);
}
