-- What is public, in the order of the reference: one entry for each page, with its classes and the
-- way their functions are written in a script. `also` holds further variables that examples use,
-- `house` functions that are there for the library itself, `shapes` types that the page describes
-- although another one mentions them earlier.
-- Shared by tools/docgen.lua and the specs of spec/docs/.

return {
  {
    page = "zendesk", title = "zendesk",
    intro = "The module: `local zendesk = require \"zendesk\"`. Its parts are loaded when they are "
      .. "first named.",
    { class = "zendesk", call = "zendesk." },
    { class = "zendesk.group", call = "zendesk.", title = "Side by side" },
    { class = "zendesk.Task", call = "task:", title = "Tasks" },
  },
  {
    page = "instance", title = "Instances",
    intro = "One connection to one Zendesk account: what `zendesk.new` gives, `zd` on these pages.",
    shapes = { "zendesk.core.Timings" },
    { class = "zendesk.Instance", call = "zd:" },
    { class = "zendesk.Response", call = "response:", title = "Responses" },
  },
  {
    page = "lists", title = "Lists",
    intro = "What `zd:each` and the `each` of records give. [Lists](../lists.md) is the guide.",
    shapes = { "zendesk.Page", "zendesk.PagesOptions" },
    { class = "zendesk.Iterator", call = "iterator:", also = { "tickets:" } },
  },
  {
    page = "client", title = "OAuth clients",
    intro = "`zd.client`: the OAuth clients of the account. Where an id is wanted, the record will "
      .. "do.",
    { class = "zendesk.Client", call = "zd.client:" },
  },
  {
    page = "token", title = "OAuth tokens",
    intro = "`zd.token`: the OAuth access tokens of the account, over their whole life.",
    { class = "zendesk.Token", call = "zd.token:", also = { "reader.token:" } },
  },
  {
    page = "others", title = "Users, global clients, API tokens",
    intro = "Other records, as far as the life of a credential needs them.",
    { class = "zendesk.User", call = "zd.user:", title = "Users" },
    { class = "zendesk.GlobalClient", call = "zd.global_client:", title = "Global clients" },
    { class = "zendesk.ApiToken", call = "zd.api_token:", title = "API tokens" },
  },
  {
    page = "errors", title = "Errors",
    intro = "What comes back behind `nil`. [Errors and retries](../errors-and-retries.md) is the "
      .. "guide.",
    shapes = { "zendesk.ErrorKind" },
    { class = "zendesk.Error", call = "err." },
  },
  {
    page = "oauth", title = "zendesk.oauth",
    intro = "The grants of `/oauth/tokens`. [Authentication](../authentication.md) is the guide.",
    { class = "zendesk.oauth", call = "zendesk.oauth." },
    { class = "zendesk.oauth.app", call = "app:", title = "Apps" },
  },
  {
    page = "auth", title = "zendesk.auth",
    intro = "Where an instance's credential comes from: providers for `zendesk.new { auth = … }`.",
    { class = "zendesk.auth", call = "zendesk.auth." },
    {
      class = "zendesk.auth.oauth_provider", call = "login:", also = { "provider:" },
      title = "Providers of OAuth tokens",
    },
    { class = "zendesk.Provider", call = "provider:", title = "A provider of one's own" },
  },
  {
    page = "store", title = "zendesk.store",
    intro = "Where rotating tokens are kept. [Stores and fleets](../stores-and-fleets.md) is the "
      .. "guide.",
    { class = "zendesk.store", call = "zendesk.store." },
    { class = "zendesk.Store", call = "store:", title = "What a store does" },
    { class = "zendesk.Lock", call = "lock:", title = "Locks" },
    { class = "zendesk.store.Sql", call = "store:", title = "Stores in a database" },
  },
  {
    page = "driver", title = "zendesk.driver",
    intro = "How an instance waits. [Concurrency and event loops]"
      .. "(../concurrency-and-event-loops.md) is the guide.",
    shapes = {
      "zendesk.Driver", "zendesk.core.Account", "zendesk.core.Body", "zendesk.core.Request",
      "zendesk.core.Transfer",
    },
    { class = "zendesk.drivers", call = "zendesk.driver." },
    { class = "zendesk.drivers.blocking", call = "zendesk.driver.blocking.", title = "Blocking" },
    { class = "zendesk.drivers.luv", call = "zendesk.driver.luv.", title = "luv" },
    { class = "zendesk.drivers.cqueues", call = "zendesk.driver.cqueues.", title = "cqueues" },
    {
      class = "zendesk.drivers.loop", call = "loop.", title = "An adapter of one's own",
      house = { current = true },
    },
    {
      class = "zendesk.driver.Loop", call = "driver:", title = "Drivers",
      house = { crew = true, recover = true },
    },
    { class = "zendesk.Signal", call = "signal:", title = "Signals" },
  },
  {
    page = "json", title = "zendesk.json",
    intro = "JSON text, read and written as the library does it.",
    { class = "zendesk.json", call = "zendesk.json.", also = { "json." } },
  },
  {
    page = "doctor", title = "zendesk.doctor",
    intro = "Looks at an instance from all sides and says in plain words how it does: "
      .. "`zendesk.doctor(zd)` is `zendesk.doctor.examine(zd)`.",
    { class = "zendesk.doctor", call = "zendesk.doctor." },
  },
  {
    page = "progress", title = "zendesk.progress",
    intro = "How far a long walk has come: `require \"zendesk.progress\"`.",
    { class = "zendesk.progress", call = "progress." },
  },
  {
    page = "sandbox", title = "zendesk.sandbox",
    intro = "A Zendesk on loopback. [Testing with the sandbox](../testing-with-the-sandbox.md) is "
      .. "the guide.",
    { class = "zendesk.sandbox", call = "zendesk.sandbox." },
    { class = "zendesk.sandbox.Box", call = "box:", title = "A sandbox" },
  },
}
