// SPDX-License-Identifier: Apache-2.0
#include "control/main_context.hh"

#include <new>
#include <utility>

#include "base/log.hh"

namespace nsrun::control {
namespace {

// GLib's own way asks what kind of file standard error is, which the system call filter does not
// let it.
void log_for_glib(const char* domain, GLogLevelFlags, const char* message, void*) noexcept {
  base::log::warning("{}: {}", domain == nullptr ? "a library" : domain, message);
}

}  // namespace

MainContext::MainContext()
    : context_(g_main_context_new()),
      posted_source_(std::make_unique<FdSource>(*this, posted_.fd(), G_IO_IN,
                                                [this](auto) { posted_.run(); })) {
  g_log_set_default_handler(log_for_glib, nullptr);
}

MainContext::~MainContext() = default;

void MainContext::post(std::function<void()> task) { posted_.post(std::move(task)); }

// GLib allocates the GSource with room for our part and keeps it until its callback has returned,
// so a callback may destroy the C++ object that it belongs to.
struct FdSource::Raw {
  GSource base;
  gpointer tag;
  Callback* callback;
};

FdSource::Raw* FdSource::raw(GSource* source) noexcept { return reinterpret_cast<Raw*>(source); }

gboolean FdSource::is_ready(GSource* source) noexcept {
  return g_source_query_unix_fd(source, raw(source)->tag) != 0;
}

gboolean FdSource::dispatch(GSource* source, GSourceFunc, gpointer) noexcept {
  const GIOCondition conditions = g_source_query_unix_fd(source, raw(source)->tag);
  if (conditions != 0) (*raw(source)->callback)(conditions);
  return G_SOURCE_CONTINUE;
}

void FdSource::finalize(GSource* source) noexcept { delete raw(source)->callback; }

GSourceFuncs FdSource::functions_ = {nullptr, is_ready, dispatch, finalize, nullptr, nullptr};

FdSource::FdSource(MainContext& context, base::FdView fd, GIOCondition conditions,
                   Callback callback)
    : source_(g_source_new(&functions_, sizeof(Raw))) {
  raw(source_)->callback = new Callback(std::move(callback));
  raw(source_)->tag = g_source_add_unix_fd(source_, fd.number(), conditions);
  g_source_attach(source_, context.get());
}

FdSource::~FdSource() {
  g_source_destroy(source_);
  g_source_unref(source_);
}

void FdSource::change(GIOCondition conditions) noexcept {
  g_source_modify_unix_fd(source_, raw(source_)->tag, conditions);
}

struct TimerSource::Raw {
  GSource base;
  std::function<void()>* callback;
};

gboolean TimerSource::dispatch(GSource* source, GSourceFunc, gpointer) noexcept {
  g_source_set_ready_time(source, -1);
  (*reinterpret_cast<Raw*>(source)->callback)();
  return G_SOURCE_CONTINUE;
}

void TimerSource::finalize(GSource* source) noexcept {
  delete reinterpret_cast<Raw*>(source)->callback;
}

GSourceFuncs TimerSource::functions_ = {nullptr, nullptr, dispatch, finalize, nullptr, nullptr};

TimerSource::TimerSource(MainContext& context, std::function<void()> callback)
    : source_(g_source_new(&functions_, sizeof(Raw))) {
  reinterpret_cast<Raw*>(source_)->callback = new std::function<void()>(std::move(callback));
  g_source_attach(source_, context.get());
}

TimerSource::~TimerSource() {
  g_source_destroy(source_);
  g_source_unref(source_);
}

void TimerSource::set(base::Duration from_now) noexcept {
  const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(from_now).count();
  g_source_set_ready_time(source_, g_get_monotonic_time() + microseconds);
}

void TimerSource::cancel() noexcept { g_source_set_ready_time(source_, -1); }

}  // namespace nsrun::control
