package webauthn

import (
	"github.com/google/uuid"

	"sallyport/storage/id"
)

// Handle is the user handle of a person (WebAuthn 5.4.3): the tenant's and the user's identifier, 32 bytes that name
// nobody to whom reads them on a key.
func Handle(t id.Tenant, u id.User) []byte {
	return append(append(make([]byte, 0, 32), t.UUID[:]...), u.UUID[:]...)
}

// ParseHandle reads what Handle made; ok is false for anything else, the lobby's and nobody's included.
func ParseHandle(handle []byte) (t id.Tenant, u id.User, ok bool) {
	if len(handle) != 32 {
		return t, u, false
	}
	t.UUID, u.UUID = uuid.UUID(handle[:16]), uuid.UUID(handle[16:])
	if t.IsZero() || u.IsZero() {
		return id.Tenant{}, id.User{}, false
	}
	return t, u, true
}

// Owner is whom a discoverable credential says it belongs to. It is only a claim, good for finding the secrets to
// Verify against; ok is false where the answer names nobody.
func Owner(answer string) (t id.Tenant, u id.User, ok bool) {
	_, p, ok := assertion(answer)
	if !ok {
		return t, u, false
	}
	return ParseHandle(p.Response.UserHandle)
}
