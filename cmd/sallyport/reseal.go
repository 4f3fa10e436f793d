package main

import (
	"context"
	"fmt"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

// reseal leaves secrets of messages (codes, links) as they are: the old key stays in the keyset and opens them, and
// they are gone within minutes, a day at most, when the message is sent or given up.
func reseal(ctx context.Context, s *storage.Store, sealer *seal.Sealer) (n int, err error) {
	factors, err := resealFactors(ctx, s, sealer)
	if err != nil {
		return factors, fmt.Errorf("seal factors anew: %w", err)
	}
	keys, err := resealSigningKeys(ctx, s, sealer)
	if err != nil {
		return factors + keys, fmt.Errorf("seal signing keys anew: %w", err)
	}
	connections, err := resealConnections(ctx, s, sealer)
	if err != nil {
		return factors + keys + connections, fmt.Errorf("seal connections anew: %w", err)
	}
	return factors + keys + connections, nil
}

func resealFactors(ctx context.Context, s *storage.Store, sealer *seal.Sealer) (n int, err error) {
	var after id.Factor
	for {
		rows, err := s.AllTenants().SealedFactorsAllTenants(ctx, after)
		if err != nil || len(rows) == 0 {
			return n, err
		}
		err = s.InAllTenants(ctx, func(tx *storage.Tx) error {
			for _, row := range rows {
				place := seal.Place{Tenant: row.TenantID, Table: "factors", Row: row.ID.String(), Column: "secret"}
				sealed, err := again(sealer, place, row.Secret)
				if err != nil {
					return err
				}
				if err := tx.Later().ResealFactor(ctx, db.ResealFactorParams{TenantID: row.TenantID, ID: row.ID, Secret: sealed, Old: row.Secret}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n, after = n+len(rows), rows[len(rows)-1].ID
	}
}

func resealConnections(ctx context.Context, s *storage.Store, sealer *seal.Sealer) (n int, err error) {
	var after id.Connection
	for {
		rows, err := s.AllTenants().SealedConnectionsAllTenants(ctx, after)
		if err != nil || len(rows) == 0 {
			return n, err
		}
		err = s.InAllTenants(ctx, func(tx *storage.Tx) error {
			for _, row := range rows {
				place := seal.Place{Tenant: row.TenantID, Table: "connections", Row: row.ID.String(), Column: "secret"}
				sealed, err := again(sealer, place, row.Secret)
				if err != nil {
					return err
				}
				if err := tx.Later().ResealConnection(ctx, db.ResealConnectionParams{TenantID: row.TenantID, ID: row.ID, Secret: sealed, Old: row.Secret}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n, after = n+len(rows), rows[len(rows)-1].ID
	}
}

func resealSigningKeys(ctx context.Context, s *storage.Store, sealer *seal.Sealer) (int, error) {
	rows, err := s.AllTenants().ListSigningKeys(ctx)
	if err != nil {
		return 0, err
	}
	return len(rows), s.InAllTenants(ctx, func(tx *storage.Tx) error {
		for _, row := range rows {
			place := seal.Place{Table: "signing_keys", Row: row.ID, Column: "private_key"}
			sealed, err := again(sealer, place, row.PrivateKey)
			if err != nil {
				return err
			}
			if err := tx.Later().ResealSigningKey(ctx, db.ResealSigningKeyParams{ID: row.ID, Secret: sealed, Old: row.PrivateKey}); err != nil {
				return err
			}
		}
		return nil
	})
}

func again(sealer *seal.Sealer, p seal.Place, sealed []byte) ([]byte, error) {
	plain, err := sealer.Open(p, sealed)
	if err != nil {
		return nil, err
	}
	return sealer.Seal(p, plain)
}
