using Microsoft.Extensions.Options;

namespace MimGrains.Sessions;

[OptionsValidator]
internal sealed partial class SessionOptionsValidator : IValidateOptions<SessionOptions>;
