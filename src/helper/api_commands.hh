// SPDX-License-Identifier: Apache-2.0
//
// The API's commands carried out by the data plane: each is a message to its thread, and the answer
// a message back, so that a request never stops the traffic.
#pragma once

#include <functional>
#include <utility>

#include "control/commands.hh"
#include "control/main_context.hh"
#include "dataplane/data_plane.hh"
#include "forward/registry.hh"
#include "nsrun/handshake.hh"

namespace nsrun::helper {

class ApiCommands final : public control::Commands {
 public:
  // Told of each change before the client gets its answer, in the main context's thread.
  using Report = std::function<void(const ForwardChange&)>;

  // All of them must outlive the data plane's thread.
  ApiCommands(control::MainContext& context, dataplane::DataPlane& data_plane,
              forward::Registry& registry, control::InstanceInfo info, Report report)
      : context_(context),
        data_plane_(data_plane),
        registry_(registry),
        info_(std::move(info)),
        report_(std::move(report)) {}

  void add_forward(const rules::PortForward& forward, Done<base::Result<int>> done) override;
  void remove_forward(int id, Done<bool> done) override;
  void list_forwards(Done<std::vector<control::ForwardEntry>> done) override;
  void publish(const std::vector<rules::PortRule>& rules, Done<ListedForwards> done) override;
  void unpublish(const std::vector<rules::PortRule>& rules, Done<ListedForwards> done) override;
  void read_counters(Done<base::Counters> done) override;
  void list_flows(uint32_t from, Done<control::ListedFlows> done) override;
  void start_capture(const rules::CaptureFilter& filter, base::Fd client) override;
  control::InstanceInfo info() const override { return info_; }

 private:
  // `ask` runs in the data plane's thread, `done` with its result in the main context's.
  template <typename T, typename Ask>
  void ask_data_plane(Ask ask, Done<T> done);

  control::MainContext& context_;
  dataplane::DataPlane& data_plane_;
  forward::Registry& registry_;
  control::InstanceInfo info_;
  Report report_;
};

}  // namespace nsrun::helper
