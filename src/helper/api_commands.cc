// SPDX-License-Identifier: Apache-2.0
#include "helper/api_commands.hh"

#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

#include "nsrun/api.hh"

namespace nsrun::helper {
namespace {

using Entries = base::Result<std::vector<forward::Entry>>;

std::vector<control::ForwardEntry> shown(const std::vector<forward::Entry>& entries) {
  std::vector<control::ForwardEntry> found;
  for (const forward::Entry& entry : entries) found.push_back({entry.id, entry.forward});
  return found;
}

}  // namespace

template <typename T, typename Ask>
void ApiCommands::ask_data_plane(Ask ask, Done<T> done) {
  data_plane_.post([this, ask, done = std::move(done)] {
    context_.post([done, answer = T(ask())] { done(answer); });
  });
}

void ApiCommands::add_forward(const rules::PortForward& forward, Done<base::Result<int>> done) {
  ask_data_plane<base::Result<int>>(
      [this, forward] { return registry_.add(forward); },
      [this, forward, done = std::move(done)](const base::Result<int>& id) {
        if (id) report_(ForwardAdded{*id, forward});
        done(id);
      });
}

void ApiCommands::remove_forward(int id, Done<bool> done) {
  ask_data_plane<bool>([this, id] { return registry_.remove(id); },
                       [this, id, done = std::move(done)](bool was_there) {
                         if (was_there) report_(ForwardRemoved{id});
                         done(was_there);
                       });
}

void ApiCommands::list_forwards(Done<std::vector<control::ForwardEntry>> done) {
  const auto ask = [this] { return shown(registry_.entries()); };
  ask_data_plane(ask, std::move(done));
}

void ApiCommands::publish(const std::vector<rules::PortRule>& rules, Done<ListedForwards> done) {
  ask_data_plane<Entries>([this, rules] { return registry_.add(rules); },
                          [this, done = std::move(done)](const Entries& added) {
                            if (!added) return done(base::Error{added.error()});
                            for (const forward::Entry& entry : *added) {
                              report_(ForwardAdded{entry.id, entry.asked});
                            }
                            done(shown(*added));
                          });
}

void ApiCommands::unpublish(const std::vector<rules::PortRule>& rules, Done<ListedForwards> done) {
  ask_data_plane<Entries>([this, rules] { return registry_.remove(rules); },
                          [this, done = std::move(done)](const Entries& removed) {
                            if (!removed) return done(base::Error{removed.error()});
                            for (const forward::Entry& entry : *removed) {
                              report_(ForwardRemoved{entry.id});
                            }
                            done(shown(*removed));
                          });
}

void ApiCommands::read_counters(Done<base::Counters> done) {
  ask_data_plane<base::Counters>([this] { return data_plane_.counters(); }, std::move(done));
}

void ApiCommands::list_flows(uint32_t from, Done<control::ListedFlows> done) {
  const auto ask = [this, from] {
    return control::ListedFlows{data_plane_.flows(from),
                                data_plane_.counters().get(base::Counter::kDeniedByPolicy)};
  };
  ask_data_plane<control::ListedFlows>(ask, std::move(done));
}

void ApiCommands::start_capture(const rules::CaptureFilter& filter, base::Fd client) {
  const auto reader = std::make_shared<base::Fd>(std::move(client));
  data_plane_.post([this, filter, reader] {
    if (data_plane_.start_capture(*reader, filter, control::format_capturing())) return;
    const std::string refusal = control::format_error(
        api::kCaptureFailed, "too many captures of this instance are under way");
    ::send(reader->number(), refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  });
}

}  // namespace nsrun::helper
