// SPDX-License-Identifier: Apache-2.0
//
// The thread that runs the data plane. Starts after lock-down only: what is given up by one thread
// is not given up by another. Ends with this object, and if it does not, the process ends: a data
// plane that hangs must not outlive whoever started it.
#pragma once

#include <functional>
#include <future>
#include <thread>

#include "dataplane/data_plane.hh"

namespace nsrun::helper {

class DataPlaneThread {
 public:
  // `on_end` is called in that thread, last of all.
  DataPlaneThread(dataplane::DataPlane& data_plane, std::function<void()> on_end);
  DataPlaneThread(const DataPlaneThread&) = delete;
  DataPlaneThread& operator=(const DataPlaneThread&) = delete;
  ~DataPlaneThread();

  // The guest has ended: lets it end once what the guest sent is in the host's hands, and waits.
  void finish();

 private:
  dataplane::DataPlane& data_plane_;
  std::promise<void> ended_;
  std::future<void> has_ended_ = ended_.get_future();
  std::thread thread_;
};

}  // namespace nsrun::helper
