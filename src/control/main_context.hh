// SPDX-License-Identifier: Apache-2.0
//
// GLib's main context with sources of our own: no GIO, no g_unix_signal_add, so that no thread
// starts. Each source belongs to the thread that iterates the context and may be destroyed inside
// its own callback. MainContext::post is the one call for other threads.
#pragma once

#include <glib.h>

#include <functional>
#include <memory>

#include "base/fd.hh"
#include "base/time.hh"
#include "loop/posted_tasks.hh"

namespace nsrun::control {

class FdSource;

class MainContext {
 public:
  // Throws SystemError.
  MainContext();
  MainContext(const MainContext&) = delete;
  MainContext& operator=(const MainContext&) = delete;
  ~MainContext();

  GMainContext* get() const noexcept { return context_.get(); }
  // One turn: waits for a source unless `may_block` is false. True when something was dispatched.
  bool iterate(bool may_block) { return g_main_context_iteration(get(), may_block) != FALSE; }
  // From any thread: runs `task` in the thread that iterates the context, in order.
  void post(std::function<void()> task);

 private:
  struct Unref {
    void operator()(GMainContext* context) const noexcept { g_main_context_unref(context); }
  };
  std::unique_ptr<GMainContext, Unref> context_;
  // Not GLib's own way of passing tasks on, whose lock ThreadSanitizer cannot see.
  loop::PostedTasks posted_;
  std::unique_ptr<FdSource> posted_source_;
};

// Calls back when a descriptor is ready. The descriptor must outlive the source.
class FdSource {
 public:
  using Callback = std::function<void(GIOCondition)>;

  // G_IO_HUP and G_IO_ERR are reported with any `conditions`, also with none.
  FdSource(MainContext& context, base::FdView fd, GIOCondition conditions, Callback callback);
  FdSource(const FdSource&) = delete;
  FdSource& operator=(const FdSource&) = delete;
  ~FdSource();

  void change(GIOCondition conditions) noexcept;

 private:
  struct Raw;
  static Raw* raw(GSource* source) noexcept;
  static gboolean is_ready(GSource* source) noexcept;
  static gboolean dispatch(GSource* source, GSourceFunc, gpointer) noexcept;
  static void finalize(GSource* source) noexcept;
  static GSourceFuncs functions_;

  GSource* source_;
};

// Calls back once per set().
class TimerSource {
 public:
  TimerSource(MainContext& context, std::function<void()> callback);
  TimerSource(const TimerSource&) = delete;
  TimerSource& operator=(const TimerSource&) = delete;
  ~TimerSource();

  // Replaces an earlier time.
  void set(base::Duration from_now) noexcept;
  void cancel() noexcept;

 private:
  struct Raw;
  static gboolean dispatch(GSource* source, GSourceFunc, gpointer) noexcept;
  static void finalize(GSource* source) noexcept;
  static GSourceFuncs functions_;

  GSource* source_;
};

}  // namespace nsrun::control
