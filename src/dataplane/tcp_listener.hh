// SPDX-License-Identifier: Apache-2.0
//
// A listener, of TCP or a Unix stream socket: accepts its clients and hands each on. Where there is
// no descriptor for a client, it waits in the kernel's queue. A socket that somebody else has shut
// down or destroyed (SOCK_DESTROY), as those can that share it or are root of its network, is
// closed.
#pragma once

#include <functional>
#include <string>

#include "base/fd.hh"
#include "base/log.hh"
#include "loop/loop.hh"
#include "wire/address.hh"

namespace nsrun::dataplane {

class TcpListener final : public loop::Source {
 public:
  // A non-blocking socket that has the options of the listener (os::listen_on()). Of a Unix socket
  // `from` says nothing.
  using OnClient = std::function<void(base::Fd client, const wire::Endpoint& from, base::Time now)>;

  // `place`: where it listens, for messages. `on_client` must not throw. Throws SystemError.
  TcpListener(loop::Loop& loop, const char* name, base::Fd socket, std::string place,
              OnClient on_client);
  // Before the socket is closed: others may hold it, too (--listen-fd), and keep it in epoll(7).
  ~TcpListener() override { unwatch(); }

 private:
  void on_ready(uint32_t events, base::Time now) noexcept override;
  void pause(int error, base::Time now) noexcept;
  void give_up() noexcept;

  base::Fd socket_;
  std::string place_;
  OnClient on_client_;
  loop::Timer resume_;
  base::log::RateLimit pause_log_{std::chrono::seconds(10)};
};

}  // namespace nsrun::dataplane
