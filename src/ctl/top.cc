// SPDX-License-Identifier: Apache-2.0
#include "ctl/top.hh"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/error.hh"
#include "base/fd.hh"
#include "base/time.hh"
#include "ctl/connections.hh"
#include "ctl/instances.hh"
#include "ctl/terminal_screen.hh"
#include "ctl/text.hh"
#include "ctl/top_rows.hh"
#include "nsrun/api.hh"
#include "os/signals.hh"

namespace nsrun::ctl {
namespace {

using nlohmann::json;

constexpr base::Duration kInterval = std::chrono::seconds(1);
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};

struct Look {
  base::Time at;
  json found;
};

json instances_now() {
  json instances = json::array();
  for (const std::string& name : running_instances()) {
    try {
      instances.push_back({{"info", ask(name, {{"execute", api::kInfo}})},
                           {"stats", ask(name, {{"execute", api::kStats}})}});
    } catch (const base::Failure&) {
      continue;  // it is about to end, or another user's
    }
  }
  return instances;
}

Look look(const ShowTop& command) {
  json found = command.instance ? connections_of(*command.instance) : instances_now();
  return {base::now(), std::move(found)};
}

json rows_between(const ShowTop& command, const Look& before, const Look& after) {
  const double seconds = std::chrono::duration<double>(after.at - before.at).count();
  return command.instance ? connection_rows(before.found, after.found, seconds)
                          : instance_rows(before.found, after.found, seconds, std::time(nullptr));
}

std::string table(const ShowTop& command, const json& rows) {
  return command.instance ? format_connection_rows(rows) : format_instance_rows(rows);
}

std::string show_once(const ShowTop& command, bool as_json) {
  const Look before = look(command);
  std::this_thread::sleep_for(kInterval);
  const json rows = rows_between(command, before, look(command));
  return as_json ? to_lines(rows) : table(command, rows);
}

class LiveView {
 public:
  explicit LiveView(const ShowTop& command)
      : command_(command),
        before_(look(command)),
        rows_(rows_between(command, before_, before_)),
        next_(before_.at + kInterval) {
    screen_.emplace(kInput, kOutput);
  }

  void run() {
    draw();
    while (!is_over_) {
      wait();
      if (base::now() >= next_) look_again();
    }
  }

 private:
  static constexpr base::FdView kInput{STDIN_FILENO};
  static constexpr base::FdView kOutput{STDOUT_FILENO};

  void look_again() {
    Look after = look(command_);
    rows_ = rows_between(command_, before_, after);
    before_ = std::move(after);
    next_ = base::now() + kInterval;
    draw();
  }

  void draw() {
    const ScreenSize size = screen_->size();
    const std::string head = command_.instance
                                 ? "netns-ctl top " + *command_.instance + "   q: quit\n"
                                 : "netns-ctl top   q: quit\n";
    screen_->show(fitted(head + table(command_, rows_), size.rows, size.columns));
  }

  // For a key, a signal or the time.
  void wait() {
    pollfd ready[] = {{signals_.fd().number(), POLLIN, 0}, {kInput.number(), POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - base::now()).count();
    const int patience = static_cast<int>(std::clamp<int64_t>(left, 0, 1000));
    const nfds_t watched = has_input_ ? 2 : 1;
    const int count = poll(ready, watched, patience);
    if (count < 0 && errno != EINTR) base::throw_errno("wait for a key");
    if (count <= 0) return;
    if (ready[0].revents != 0) take_signals();
    if (has_input_ && ready[1].revents != 0) take_keys();
  }

  void take_signals() {
    while (const auto signal = signals_.next()) {
      if (signal->ssi_signo == SIGWINCH) {
        draw();
      } else if (signal->ssi_signo == SIGTSTP) {
        screen_.reset();
        raise(SIGSTOP);
        screen_.emplace(kInput, kOutput);
        draw();
      } else {
        is_over_ = true;
      }
    }
  }

  void take_keys() {
    char key = 0;
    const ssize_t count = read(kInput.number(), &key, 1);
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) has_input_ = false;
    if (count == 1 && (key == 'q' || key == 'Q')) is_over_ = true;
  }

  const ShowTop& command_;
  Look before_;
  json rows_;  // at first without rates
  base::Time next_;
  os::SignalQueue signals_{kSignals};  // before the screen: none may end or stop us on it
  std::optional<TerminalScreen> screen_;
  bool has_input_ = true;
  bool is_over_ = false;
};

}  // namespace

std::string top(const ShowTop& command, bool as_json) {
  if (as_json || command.once || isatty(STDOUT_FILENO) == 0) return show_once(command, as_json);
  LiveView(command).run();
  return "";
}

}  // namespace nsrun::ctl
