//! The database logins of an application. Roles belong to the cluster, so their names carry the
//! application's.

/// Owns the application's database and objects; migrations, seeds and definer functions are its.
pub fn owner_role(app_name: &str) -> String {
    format!("{app_name}_owner")
}

/// The server's login: it may become the callers' roles and holds no rights of its own.
pub fn server_role(app_name: &str) -> String {
    format!("{app_name}_server")
}

/// Reads for analysis; column grants keep secrets from it.
pub fn analyst_role(app_name: &str) -> String {
    format!("{app_name}_analyst")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_carry_the_name_of_the_application() {
        assert_eq!(owner_role("board"), "board_owner");
        assert_eq!(server_role("board"), "board_server");
        assert_eq!(analyst_role("board"), "board_analyst");
    }
}
