// SPDX-License-Identifier: Apache-2.0
//
// The API's commands carried out by the data plane: each is a message to its thread, and the answer
// a message back, so that a request never stops the traffic.
#pragma once

#include "control/commands.hh"
#include "control/main_context.hh"
#include "dataplane/data_plane.hh"
#include "forward/registry.hh"

namespace nsrun::helper {

class ApiCommands final : public control::Commands {
 public:
  // All of them must outlive the data plane's thread.
  ApiCommands(control::MainContext& context, dataplane::DataPlane& data_plane,
              forward::Registry& registry) noexcept
      : context_(context), data_plane_(data_plane), registry_(registry) {}

  void add_forward(const rules::PortForward& forward, Done<base::Result<int>> done) override;
  void remove_forward(int id, Done<bool> done) override;
  void list_forwards(Done<std::vector<control::ForwardEntry>> done) override;

 private:
  // `ask` runs in the data plane's thread, `done` with its result in the main context's.
  template <typename T, typename Ask>
  void ask_data_plane(Ask ask, Done<T> done);

  control::MainContext& context_;
  dataplane::DataPlane& data_plane_;
  forward::Registry& registry_;
};

}  // namespace nsrun::helper
