// SPDX-License-Identifier: Apache-2.0
#include "helper/data_plane_thread.hh"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <utility>

#include "base/error.hh"
#include "base/log.hh"

namespace nsrun::helper {

namespace {

// More than any turn of its loop takes.
constexpr auto kPatience = std::chrono::seconds(2);
// What a host that does not take the guest's last bytes may cost. netns-run waits for us.
constexpr auto kLastBytesPatience = std::chrono::seconds(1);

std::thread start_thread(std::function<void()> body) {
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& error) {
    // pthread_create(3): EAGAIN also when there is no memory for the stack.
    throw base::Failure(
        fmt::format("cannot start a thread: {} (a limit of processes or of memory is reached; see "
                    "\"ulimit -a\")",
                    base::error_text(error.code().value())));
  }
}

}  // namespace

DataPlaneThread::DataPlaneThread(dataplane::DataPlane& data_plane, std::function<void()> on_end)
    : data_plane_(data_plane), thread_(start_thread([this, on_end = std::move(on_end)] {
        try {
          data_plane_.run();
        } catch (const std::exception& error) {
          base::log::error("the data plane: {}", error.what());
        }
        on_end();
        ended_.set_value();
      })) {}

void DataPlaneThread::finish() {
  data_plane_.finish(kLastBytesPatience);
  has_ended_.wait_for(kPatience);
}

DataPlaneThread::~DataPlaneThread() {
  data_plane_.stop();
  if (has_ended_.wait_for(kPatience) != std::future_status::ready) {
    base::log::error("the data plane does not end: this is a bug");
    std::_Exit(EXIT_FAILURE);
  }
  thread_.join();
}

}  // namespace nsrun::helper
