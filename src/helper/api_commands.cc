// SPDX-License-Identifier: Apache-2.0
#include "helper/api_commands.hh"

#include <utility>

namespace nsrun::helper {

template <typename T, typename Ask>
void ApiCommands::ask_data_plane(Ask ask, Done<T> done) {
  data_plane_.post([this, ask, done = std::move(done)] {
    context_.post([done, answer = T(ask())] { done(answer); });
  });
}

void ApiCommands::add_forward(const rules::PortForward& forward, Done<base::Result<int>> done) {
  ask_data_plane([this, forward] { return registry_.add(forward); }, std::move(done));
}

void ApiCommands::remove_forward(int id, Done<bool> done) {
  ask_data_plane([this, id] { return registry_.remove(id); }, std::move(done));
}

void ApiCommands::list_forwards(Done<std::vector<control::ForwardEntry>> done) {
  const auto ask = [this] {
    std::vector<control::ForwardEntry> entries;
    for (const forward::Entry& entry : registry_.entries()) {
      entries.push_back({entry.id, entry.forward});
    }
    return entries;
  };
  ask_data_plane(ask, std::move(done));
}

}  // namespace nsrun::helper
