package templates_test

import (
	"html/template"
	"time"

	"sallyport/templates"
)

// sample is one page with a name for its golden file; primary is how many primary buttons or links it must have.
type sample struct {
	name    string
	page    templates.Page
	primary int
}

const qr = template.URL("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")

var codes = []string{"01ABC-DEFGH-11JK0", "23456-789AB-CDEFG"}

func at(day, hour int) time.Time { return time.Date(2026, time.March, day, hour, 5, 0, 0, time.UTC) }

// minimal is every page with the least a handler can give it.
func minimal() []sample {
	return []sample{
		{"identify", templates.Identify{Action: "/signin"}, 1},
		{"tenant", templates.Tenant{Action: "/signin/tenant"}, 1},
		{"password", templates.Password{Action: "/signin/password"}, 1},
		{"second_factor", templates.SecondFactor{Action: "/signin/code", Method: "totp"}, 1},
		{"second_factor_backup", templates.SecondFactor{Action: "/signin/code", Method: "backup_code"}, 1},
		{"backup_codes", templates.BackupCodes{Action: "/signin/codes", Codes: codes}, 1},
		{"enrol_totp", templates.EnrolTOTP{Action: "/signin/enrol"}, 1},
		{"consent", templates.Consent{Action: "/signin/consent", Client: "Timesheet"}, 1},
		{"form_post", templates.FormPost{Action: "https://app.example/cb"}, 1},
		{"message", templates.Message{Body: templates.SignedOut}, 0},
		{"sign_out", templates.SignOut{Action: "/signout"}, 1},
		{"confirm", templates.Confirm{Title: templates.RemoveFactorTitle, Body: templates.RemoveFactorBody, Data: map[string]any{"Name": "Phone"}, Action: "/account/factors/1/remove"}, 1},
		{"account", templates.Account{}, 0},
		{"policy", templates.Policy{Action: "/policy"}, 1},
	}
}

// full is every page with all that it can show.
func full() []sample { return append(signin(), settings()...) }

func frame(err string) templates.Frame {
	return templates.Frame{Tenant: "Acme", User: "kari@acme.example", SwitchURL: "/signin/switch", Error: err, Notice: templates.NoticeFactorRemoved}
}

func signin() []sample {
	throttled := frame(templates.ErrorThrottled)
	throttled.ErrorData = map[string]any{"Minutes": 1}
	return []sample{
		{"identify", templates.Identify{Frame: templates.Frame{Tenant: "Acme", Error: templates.ErrorEmailInvalid}, Action: "/signin", Email: "kari@acme", AskTenant: true, TenantSlug: "acme", CancelURL: "/signin/cancel"}, 1},
		{"tenant", templates.Tenant{Frame: templates.Frame{Error: templates.ErrorTenantUnknown}, Action: "/signin/tenant", Slug: "acmee", BackURL: "/signin"}, 1},
		{"password", templates.Password{Frame: frame(templates.ErrorPasswordWrong), Action: "/signin/password", Email: "kari@acme.example", TenantURL: "/signin/tenant"}, 1},
		{"second_factor", templates.SecondFactor{Frame: throttled, Action: "/signin/code", Method: "totp", Account: "kari@acme.example", Others: []templates.Way{{Method: "backup_code", URL: "/signin/code?method=backup_code"}}}, 1},
		{"second_factor_backup", templates.SecondFactor{Frame: frame(templates.ErrorBackupWrong), Action: "/signin/code", Method: "backup_code", Account: "kari@acme.example", Others: []templates.Way{{Method: "totp", URL: "/signin/code?method=totp"}}}, 1},
		{"backup_codes", templates.BackupCodes{Frame: frame(templates.ErrorNotKept), Action: "/signin/codes", Codes: codes, DownloadURL: "/signin/codes.txt", Replaces: true, CancelURL: "/account"}, 1},
		{"enrol_totp", templates.EnrolTOTP{Frame: frame(templates.ErrorNameTooLong), Action: "/signin/enrol", QR: qr, Key: []string{"ABCD", "EFGH", "IJKL", "MNOP", "QRST", "UVWX", "YZ23", "4567"}, Issuer: "Acme", Account: "kari@acme.example", Name: "Work phone", Forced: true, WhyKey: templates.WhyTenant, CancelURL: "/account"}, 1},
		{"consent", templates.Consent{Frame: frame(""), Action: "/signin/consent", Client: "Timesheet", ClientHost: "time.example", Scopes: []string{"openid", "profile", "email", "offline_access", "address", "phone", "ledger:read"}, NewScopes: []string{"phone", "ledger:read"}}, 1},
		{"form_post", templates.FormPost{Action: "https://app.example/cb", Fields: []templates.Field{{Name: "code", Value: "c-1"}, {Name: "state", Value: "a b+c"}}}, 1},
		{"message", templates.Message{Frame: frame(""), Status: 400, Body: templates.ErrorClient, Detail: "redirect_uri is not registered for this client", RequestID: "01J9ZK3V", Links: []templates.Choice{{Label: "My settings", URL: "/account"}, {Label: "Sign out", URL: "/signout"}}}, 1},
		{"sign_out", templates.SignOut{Frame: frame(""), Action: "/signout", Client: "Timesheet", Fields: []templates.Field{{Name: "state", Value: "s-1"}}}, 1},
	}
}

func settings() []sample {
	return []sample{
		{"confirm", templates.Confirm{Frame: frame(templates.ErrorConflict), Title: templates.RemoveFactorTitle, Body: templates.RemoveLastBody, Data: map[string]any{"Name": "Work phone"}, Action: "/account/factors/1/remove", Fields: []templates.Field{{Name: "id", Value: "1"}}, Button: templates.RemoveFactorButton, CancelURL: "/account", Danger: true}, 1},
		{"account", account(), 1},
		{"policy", policy(), 1},
	}
}

func account() templates.Account {
	return templates.Account{
		Frame: frame(templates.ErrorConflict), Name: "Kari Nordmann", Email: "kari@acme.example",
		Factors: []templates.Factor{
			{ID: "1", Kind: "totp", Name: "Work phone", Added: at(1, 9), LastUsed: at(12, 14), RemoveAction: "/account/factors/1/remove"},
			{ID: "2", Kind: "totp", Added: at(2, 9)},
		},
		BackupCodes: 1, ReplaceCodesURL: "/account/backup-codes/replace",
		AddTOTPAction: "/account/factors/add", EndOthersAction: "/account/sessions/end-others", SecondFactorState: templates.StateRequired,
		Sessions: []templates.Session{
			{ID: "s1", Current: true, Browser: "Firefox on Linux", Address: "192.0.2.7", Started: at(12, 8), Seen: at(12, 14), Proofs: []string{"password", "totp"}},
			{ID: "s2", Browser: "Safari on iPhone", Address: "2001:db8::1", Started: at(10, 8), Seen: at(11, 20), Action: "/account/sessions/s2/end", Proofs: []string{"password"}},
		},
		Consents:      []templates.Grant{{Client: "Timesheet", Scopes: []string{"openid", "email", "ledger:read"}, Granted: at(3, 10), Action: "/account/consents/c1/revoke"}},
		SignOutAction: "/signout", PolicyURL: "/policy",
	}
}

func policy() templates.Policy {
	return templates.Policy{
		Frame: frame(templates.ErrorPolicyInvalid), Action: "/policy", Mode: "required",
		Methods:           []templates.Method{{Name: "totp", Checked: true}, {Name: "webauthn"}},
		EnrolWithPassword: true, SessionHours: 12, IdleMinutes: 60, StepUpMinutes: 10, Version: 3, BackURL: "/account",
		History: []templates.PolicyVersion{{Version: 3, At: at(12, 14), By: "kari@acme.example", Summary: "mode: optional → required"}},
	}
}
