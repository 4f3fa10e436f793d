package federation

// Settings are what an administrator says about a connection. What a sign-in through it spares is the policy's to say.
type Settings struct {
	// Issuer is the provider's (OpenID Connect Discovery 1.0, 3); for Entra ".../{tenant id}/v2.0", or "organizations" or
	// "common" in place of the id.
	Issuer   string `json:"issuer"`
	ClientID string `json:"client_id"`
	// Auth is how we prove who we are: SecretBasic, SecretPost or PrivateKey.
	Auth string `json:"auth"`
	// Scopes are asked for beside openid, profile and email.
	Scopes []string `json:"scopes,omitempty"`
	// FormPost has the answer posted rather than put into an address.
	FormPost bool `json:"form_post,omitempty"`
	// Directories are those whose people are let in: Entra tenant ids, or Google Workspace domains (hd). With "organizations" or
	// "common" somebody must be named, or everybody in the world could come (gauntlet G02).
	Directories []string `json:"directories,omitempty"`
	// Personal admits personal Microsoft or Google accounts.
	Personal bool `json:"personal,omitempty"`
	// Addresses says when an address counts as the person's: Untrusted never, Verified when the provider says that it
	// was verified (email_verified, or xms_edov for Entra), Trusted always.
	Addresses string `json:"addresses"`
	// Create makes an account for whoever comes without one; Role is theirs.
	Create bool   `json:"create,omitempty"`
	Role   string `json:"role"`
	// LinkByAddress gives an existing account to whoever comes with its address, where that counts as the person's and its
	// domain is proven by the tenant.
	LinkByAddress bool `json:"link_by_address,omitempty"`
	// Claims names where name, address and groups are told; empty means the standard ones.
	Claims ClaimNames `json:"claims,omitzero"`
	// Roles give a role by group at each sign-in, the first that fits, and Role where none does: who left the group of the
	// administrators is none any more. An empty list leaves roles alone. An owner is never made nor unmade.
	Roles []RoleOf `json:"roles,omitempty"`
	// SignOut signs people out there too when they sign out here.
	SignOut bool `json:"sign_out,omitempty"`
}

// The values of Settings.Auth (OpenID Connect Core 9; RFC 7523).
const (
	SecretBasic = "client_secret_basic"
	SecretPost  = "client_secret_post"
	PrivateKey  = "private_key_jwt"
)

// The values of Settings.Addresses.
const (
	Untrusted = "untrusted"
	Verified  = "verified"
	Trusted   = "all"
)

// ClaimNames are names of claims.
type ClaimNames struct {
	Email  string `json:"email,omitempty"`
	Name   string `json:"name,omitempty"`
	Groups string `json:"groups,omitempty"`
}

// RoleOf gives the people of a group a role, "user" or "admin".
type RoleOf struct {
	Group string `json:"group"`
	Role  string `json:"role"`
}
