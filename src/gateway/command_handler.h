// Answers every command route. Generic: what it knows of a command is its CommandType.
#pragma once
#include <string>
#include <variant>

#include "gateway/call.h"
#include "gateway/command_answer.h"
#include "gateway/command_request.h"
#include "gateway/command_sender.h"
#include "gateway/query_handler.h"

namespace wf::gateway {

// One thread.
class CommandHandler {
 public:
  CommandHandler(const Services& services,
                 QueryHandler& queries,
                 CommandSender& sender,
                 Later later);

  Answer handle(const Call& call);

  // The records' ids: nothing after the gateway is random, so a retry is the same command.
  static Uuid created_stream(const AccountId& principal, std::string_view key, const CommandType&);
  static Uuid command_id(const AccountId& principal, std::string_view key, const Uuid& stream);
  // Of the canonical plaintext: a retry with another body is known by it.
  static Uuid fingerprint(const Secrets& secrets, const CommandType& type, Json body);

 private:
  std::variant<Uuid, Answer> stream_of(const Call& call,
                                       const CommandHeaders& headers,
                                       Json body) const;
  std::variant<Uuid, Answer> looked_up_stream(const Call& call) const;
  AnswerPlan plan_of(const Call& call, const Command& command) const;

  const Services& services_;
  QueryHandler& queries_;
  CommandSender& sender_;
  Later later_;
  std::uint32_t importer_role_ = 0;
};

}  // namespace wf::gateway
