// Views: storages that show part of another one without a copy. One index map over snapshots and rows; a view
// of a view maps to the same base.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "storage/storage.hpp"

namespace pde {
namespace {

/// What a view shows of its base.
struct IndexMap {
  int64_t first = 0, step = 1;
  int64_t count = -1;   // of snapshots; -1: all there are, also those to come
  bool fields = false;  // only these members of each snapshot, else the whole
  bool collection = false;
  std::vector<int64_t> members;
};

/// Rows of the base that lie behind one another.
struct Run {
  int64_t first, count;
};

class ViewBackend final : public Backend {
 public:
  ViewBackend(StoragePtr base, IndexMap map) : base_(std::move(base)), map_(std::move(map)) {}

  const IndexMap &map() const { return map_; }

  std::string name() const override {
    std::string what;
    if (map_.fields)
      what +=
          fmt::format("field{} {} of ", map_.members.size() == 1 ? "" : "s", fmt::join(map_.members, ", "));
    if (map_.count >= 0) what += fmt::format("{} snapshots from {} on of ", map_.count, map_.first);
    return fmt::format("a view of {}{}", what, base_->name());
  }

  /// The base counts as looked at only when all has been learnt.
  Contents contents() override {
    Contents contents = base_->contents();
    const int64_t revision = base_->revision();
    contents.length = length(contents.length);
    contents.last_time.reset();
    if (contents.length > 0) {
      double last;
      base_->times(map_.first + (contents.length - 1) * map_.step, 1, &last);
      contents.last_time = last;
    }
    if (map_.fields) describe(contents);
    revision_ = revision;
    return contents;
  }

  Info info() override {
    Info info = base_->info();
    info.remove("data_length");
    const auto &description = base_->contents().description;
    if (map_.fields && description) info.set("field_attributes", shown(*description).text());
    return info;
  }

  void refresh() override { base_->refresh(); }
  /// Asking the base for its contents lets it notice what others have changed.
  bool changed() override {
    return base_->revision() != revision_ || (base_->contents(), base_->revision() != revision_);
  }

  void start(const FieldDescription &, StartMode, const Info &) override { read_only(); }
  void append(const Field &, double, const std::string *, bool *) override { read_only(); }
  void truncate(int64_t) override { read_only(); }
  void commit(Commit) override { read_only(); }
  void finish(const Info &) override { read_only(); }
  void erase() override { read_only(); }
  void close() override {}

  int64_t committed() override { return length(base_->committed()); }

  void times(int64_t first, int64_t count, double *out_times) override {
    if (map_.step == 1) return base_->times(map_.first + first, count, out_times);
    for (int64_t i = 0; i < count; ++i) base_->times(map_.first + (first + i) * map_.step, 1, out_times + i);
  }

  void read(const Selection &wanted, void *out_data) override;
  const void *data(int64_t index) override;
  std::optional<std::string> snapshot_info(int64_t index) override {
    return base_->snapshot_info(map_.first + index * map_.step);
  }

  /// It copies nothing, so nothing more is stored.
  BackendStatistics statistics() override {
    const Contents here = contents();
    const int64_t bytes = here.description ? here.length * here.description->bytes() : 0;
    return {bytes, 0, 0};
  }

 private:
  [[noreturn]] void read_only() const { fail(PDE_ERR_READONLY, "{} is only read", name()); }
  int64_t length(int64_t base_length) const;
  void describe(Contents &contents);
  FieldDescription shown(const FieldDescription &base) const;
  void check_members(const FieldDescription &base) const;
  void map_rows(const FieldDescription &shown);
  std::vector<Run> runs(const Selection &wanted) const;
  Selection base_selection(const Selection &wanted, const Run &run) const;

  StoragePtr base_;
  IndexMap map_;
  int64_t revision_ = -1;  // of the base when last looked at
  // Of a view of fields:
  std::vector<int64_t> rows_;          // of the base, which the rows of the view are
  std::vector<int64_t> leading_;       // axes of a snapshot before those of the grid, in the view …
  std::vector<int64_t> base_leading_;  // … and in the base
};

/// As many of the mapped snapshots as there are.
int64_t ViewBackend::length(int64_t base_length) const {
  const int64_t there = base_length <= map_.first ? 0 : (base_length - 1 - map_.first) / map_.step + 1;
  return map_.count < 0 ? there : std::min(there, map_.count);
}

/// From what a snapshot of the base is to what a snapshot of the view is.
void ViewBackend::describe(Contents &contents) {
  if (!contents.description) {
    contents.dtype = 0;
    contents.shape.clear();
    return;
  }
  const FieldDescription base = *contents.description;
  contents.description = shown(base);
  map_rows(base);
  leading_ = contents.description->leading_shape();
  contents.shape = contents.description->shape();
}

FieldDescription ViewBackend::shown(const FieldDescription &base) const {
  check_members(base);
  if (!map_.collection) return base.member(map_.members[0]);
  FieldDescription shown = base;
  shown.rank = PDE_COLLECTION;
  shown.members.clear();
  for (int64_t index : map_.members) {
    const FieldDescription member = base.member(index);
    shown.members.push_back({member.rank, member.label});
  }
  return shown;
}

void ViewBackend::check_members(const FieldDescription &base) const {
  for (int64_t member : map_.members) {
    if (member >= base.member_count())
      fail(PDE_ERR_STATE, "{}: the snapshots have {} fields by now", name(), base.member_count());
  }
}

void ViewBackend::map_rows(const FieldDescription &shown) {
  base_leading_ = shown.leading_shape();
  rows_.clear();
  for (int64_t member : map_.members) {
    const int64_t first = shown.first_row(member), count = shown.member(member).rows();
    for (int64_t row = first; row < first + count; ++row) rows_.push_back(row);
  }
}

// ---- reading

/// The rows of the wanted box, in order. They can be read together where the rows of the base are an axis.
std::vector<Run> ViewBackend::runs(const Selection &wanted) const {
  int64_t count = 1;
  for (size_t axis = 0; axis < leading_.size(); ++axis) count *= wanted.shape[axis];
  std::vector<Run> runs;
  for (int64_t i = 0; i < count; ++i) {
    int64_t position = 0, stride = 1, rest = i;
    for (size_t axis = leading_.size(); axis-- > 0;) {
      position += (wanted.lower[axis] + rest % wanted.shape[axis]) * stride;
      rest /= wanted.shape[axis];
      stride *= leading_[axis];
    }
    const int64_t row = rows_[static_cast<size_t>(position)];
    if (base_leading_.size() == 1 && !runs.empty() && runs.back().first + runs.back().count == row) {
      ++runs.back().count;
    } else {
      runs.push_back({row, 1});
    }
  }
  return runs;
}

Selection ViewBackend::base_selection(const Selection &wanted, const Run &run) const {
  Selection shown{map_.first + wanted.first * map_.step, wanted.count, wanted.step * map_.step, {}, {}};
  shown.lower.resize(base_leading_.size());
  shown.shape.assign(base_leading_.size(), 1);
  int64_t rest = run.first;
  for (size_t axis = base_leading_.size(); axis-- > 0;) {
    shown.lower[axis] = rest % base_leading_[axis];
    rest /= base_leading_[axis];
  }
  if (!shown.shape.empty()) shown.shape.back() = run.count;
  const auto grid = static_cast<std::ptrdiff_t>(leading_.size());
  shown.lower.insert(shown.lower.end(), wanted.lower.begin() + grid, wanted.lower.end());
  shown.shape.insert(shown.shape.end(), wanted.shape.begin() + grid, wanted.shape.end());
  return shown;
}

void ViewBackend::read(const Selection &wanted, void *out_data) {
  if (!map_.fields) {
    Selection shown = wanted;
    shown.first = map_.first + wanted.first * map_.step;
    shown.step = wanted.step * map_.step;
    return base_->read_selection(shown, out_data);
  }
  const std::vector<Run> wanted_runs = runs(wanted);
  if (wanted_runs.size() == 1) return base_->read_selection(base_selection(wanted, wanted_runs[0]), out_data);
  std::byte *out = static_cast<std::byte *>(out_data);
  for (int64_t i = 0; i < wanted.count; ++i) {
    Selection one = wanted;
    one.first += i * wanted.step;
    one.count = 1;
    for (const Run &run : wanted_runs) {
      const Selection shown = base_selection(one, run);
      base_->read_selection(shown, out);
      out += *checked_product(shown.shape) * dtype_size(base_->contents().dtype);
    }
  }
}

/// Where the wanted rows lie behind one another in the base, they do so in memory.
const void *ViewBackend::data(int64_t index) {
  const Contents &shown = base_->contents();
  const void *data = base_->data(map_.first + index * map_.step, shown.dtype);
  if (!map_.fields) return data;
  for (size_t i = 1; i < rows_.size(); ++i) {
    if (rows_[i] != rows_[0] + static_cast<int64_t>(i)) return nullptr;
  }
  return static_cast<const std::byte *>(data) +
         rows_[0] * shown.description->grid->cells() * dtype_size(shown.dtype);
}

// ---- making views

StoragePtr make_view(const StoragePtr &storage, IndexMap map) {
  const StoragePtr base = storage->base_pointer() ? storage->base_pointer() : storage;
  base->check_readable("view");
  Storage::Settings settings;
  settings.uri = base->uri();
  settings.mode = Mode::readonly;
  return std::make_shared<Storage>(std::make_unique<ViewBackend>(base, std::move(map)), std::move(settings),
                                   base);
}

/// What this storage shows of its base: everything, unless it is a view.
IndexMap map_of(const Storage &storage) {
  return storage.base_pointer() ? static_cast<const ViewBackend *>(storage.backend())->map() : IndexMap();
}

StoragePtr view_members(const StoragePtr &storage, std::span<const int64_t> members, bool collection) {
  storage->check_readable("view_field");
  const FieldDescription &shown = storage->description();
  IndexMap map = map_of(*storage);
  std::vector<int64_t> mapped;
  for (int64_t member : members) {
    if (member < 0 || member >= shown.member_count()) {
      fail(PDE_ERR_RANGE, "member is {}, expected 0 to {}: {}", member, shown.member_count() - 1,
           storage->name());
    }
    mapped.push_back(map.fields ? map.members[static_cast<size_t>(member)] : member);
  }
  map.fields = true;
  map.collection = collection;
  map.members = std::move(mapped);
  return make_view(storage, std::move(map));
}

}  // namespace

StoragePtr view_field(const StoragePtr &storage, int64_t member) {
  return view_members(storage, {&member, 1}, false);
}

StoragePtr view_fields(const StoragePtr &storage, std::span<const int64_t> members) {
  if (members.empty()) fail(PDE_ERR_ARGUMENT, "count is 0, expected at least one field");
  return view_members(storage, members, true);
}

StoragePtr view_range(const StoragePtr &storage, int64_t first, int64_t count, int64_t step) {
  storage->contents();
  storage->check_readable("view_range");
  const int64_t begin = storage->checked_range(first, count, step);
  IndexMap map = map_of(*storage);
  map.first += begin * map.step;
  map.step *= count > 1 ? step : 1;
  map.count = count;
  return make_view(storage, std::move(map));
}

}  // namespace pde
