// SPDX-License-Identifier: Apache-2.0
//
// A TCP listener: accepts its clients and hands each on. Where there is no descriptor for a client,
// it waits in the kernel's queue.
#pragma once

#include <functional>

#include "base/fd.hh"
#include "base/log.hh"
#include "loop/loop.hh"
#include "wire/address.hh"

namespace nsrun::dataplane {

class TcpListener final : public loop::Source {
 public:
  // A non-blocking socket that has the options of the listener (os::listen_on()).
  using OnClient = std::function<void(base::Fd client, const wire::Endpoint& from, base::Time now)>;

  // `local` is for messages. `on_client` must not throw. Throws SystemError.
  TcpListener(loop::Loop& loop, const char* name, base::Fd socket, const wire::Endpoint& local,
              OnClient on_client);

 private:
  void on_ready(uint32_t events, base::Time now) noexcept override;
  void pause(int error, base::Time now) noexcept;

  base::Fd socket_;
  wire::Endpoint local_;
  OnClient on_client_;
  loop::Timer resume_;
  base::log::RateLimit pause_log_{std::chrono::seconds(10)};
};

}  // namespace nsrun::dataplane
