// SPDX-License-Identifier: Apache-2.0
#include "loop/posted_tasks.hh"

#include <sys/eventfd.h>

#include <utility>

#include "base/error.hh"

namespace nsrun::loop {

PostedTasks::PostedTasks()
    : wake_(base::check("make an eventfd", ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))) {}

void PostedTasks::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  // A failure means that the counter is full: the loop is being woken already.
  [[maybe_unused]] const int result = ::eventfd_write(wake_.number(), 1);
}

void PostedTasks::run() {
  eventfd_t ignored = 0;
  ::eventfd_read(wake_.number(), &ignored);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

}  // namespace nsrun::loop
