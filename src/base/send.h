// What react() answers: commands for streams of its own aggregate.
#pragma once
#include <utility>

#include "base/uuid.h"

namespace wf {

// return {To{event.host.value, Deliver{…}}};
template <class C>
struct To {
  Uuid stream;
  C command;
};
template <class C>
To(Uuid, C) -> To<C>;

// One of them, with the aggregate's variant of commands.
template <class Command>
struct Send {
  template <class C>
  Send(To<C> to)  // NOLINT(google-explicit-constructor): a list of To is a list of Send
      : stream(to.stream), command(std::move(to.command)) {}

  Uuid stream;
  Command command;
};

}  // namespace wf
