// SPDX-License-Identifier: Apache-2.0
//
// The network helper over the whole run: one process, and when it dies another one with the same
// forwards on the same TAP, until helper_restarts.hh says that this is vain. The TAP's descriptor
// stays here, so that the guest keeps its device meanwhile. What the guest sent into it meanwhile
// is for the next helper: an attempt to connect or a DNS query is worth an answer, and a segment of
// a lost connection gets its reset all the sooner. No namespace descriptor is kept: the helper
// lives in namespaces of its own and needs none of the guest's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "launcher/flow_resets.hh"
#include "launcher/helper_process.hh"
#include "launcher/helper_restarts.hh"
#include "os/passed_sockets.hh"
#include "os/tap.hh"

namespace nsrun::launcher {

class HelperKeeper {
 public:
  // Starts the first helper. All must outlive this object. Every helper gets `sockets`, each as
  // long as it is published. Throws as HelperProcess::start() does.
  HelperKeeper(const Options& options, const CallerState& caller, os::PassedSockets& sockets);

  // To the first helper. `tables` must do until this object's last serve(). Throws SystemError.
  void introduce(os::Tap tap, FlowTables tables);
  // The first helper's answer, if that is what it says. Once socket() is readable.
  std::optional<Answer> take_first_answer();

  // When one of these is readable, or the time is over, serve() has something to do. Not open, or
  // -1 milliseconds, where there is nothing to wait for.
  base::FdView socket() const noexcept;
  base::FdView pidfd() const noexcept;
  int milliseconds_to_wait() const noexcept;
  // Never waits. The guest must not have ended: the helper then ends as it should.
  void serve();
  // No other helper follows the last one.
  bool has_given_up() const noexcept { return !process_ && !restart_at_; }
  // The guest has ended. Its namespace does, too, unless somebody else holds it: then a device
  // without carrier stays there until they let go. Only for a namespace that netns-run has made.
  void note_end_of_guest() noexcept { os::leave_device_to_its_namespace(tap_.fd); }

  size_t forward_count() const noexcept { return forwards_.by_id().size(); }
  // -1 while there is none.
  pid_t pid() const noexcept { return process_ ? process_->pid() : -1; }

 private:
  std::optional<Answer> take_message();
  void note_removal(const ForwardRemoved& removed);
  void note_readiness(const Answer& answer);
  void note_end();
  void plan_restart(const std::string& how_it_ended);
  void start_again();

  const Options& options_;
  const CallerState& caller_;
  os::PassedSockets& sockets_;
  os::Tap tap_;
  FlowTables tables_;
  std::unique_ptr<HelperProcess> process_;
  bool is_first_ = true;
  bool socket_is_open_ = true;
  std::string refusal_;  // why it did not become ready, as it said
  std::optional<base::Time> ready_at_;
  std::optional<base::Time> restart_at_;
  KnownForwards forwards_;
  HelperRestarts restarts_;
};

}  // namespace nsrun::launcher
