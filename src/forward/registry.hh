// SPDX-License-Identifier: Apache-2.0
//
// The forwards of a running helper under the ids that the API hands out: ids start at 1 and are
// never used twice. Belongs to the data plane's thread (or to the start-up code before it runs).
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "dataplane/data_plane.hh"
#include "rules/port_rule.hh"

namespace nsrun::forward {

struct Entry {
  int id = 0;
  rules::PortForward forward;  // with the guest's address filled in
  rules::PortForward asked;    // as it was asked for
};

class Registry {
 public:
  // `data_plane` must outlive the registry.
  explicit Registry(dataplane::DataPlane& data_plane) noexcept : data_plane_(data_plane) {}

  // The new id. The error names the forward and the reason. An open `socket` is bound to the host's
  // endpoint already.
  base::Result<int> add(const rules::PortForward& forward, base::Fd socket = {});
  // All forwards of all rules or none.
  base::Result<std::vector<Entry>> add(const std::vector<rules::PortRule>& rules);
  // IPv6 ports can be published: guest and host have it.
  bool has_v6() const noexcept;
  // What it consists of. IPv6 is left out silently where the host has none.
  std::vector<rules::PortForward> forwards_of(const rules::PortRule& rule) const;
  // All of them or none; false when somebody has one of the host's ports.
  base::Result<bool> add_unless_taken(const std::vector<rules::PortForward>& forwards);
  // What a helper before this one had added under `id`; later ids are higher. The error as above.
  base::Result<int> restore(int id, const rules::PortForward& forward, base::Fd socket = {});
  // Ids up to this one were given by a helper before this one.
  void skip_ids(int last_given) noexcept { last_id_ = std::max(last_id_, last_given); }
  // False when no forward has this id.
  bool remove(int id);
  // What rules have added, and gives it back. Nothing when one of their ports is not published.
  base::Result<std::vector<Entry>> remove(const std::vector<rules::PortRule>& rules);
  const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  void remove_from(size_t first);
  std::string short_list() const;

  dataplane::DataPlane& data_plane_;
  std::vector<Entry> entries_;
  int last_id_ = 0;
};

}  // namespace nsrun::forward
